/// What there was and what of it was taken, at one moment.
package struct CapacitySample: Hashable, Sendable, Codable {
    package var at: Timestamp
    package var nodes: Int
    package var instances: Int
    /// Devices aside.
    package var allocatable: Resources
    package var allocated: Resources

    package init(at: Timestamp, nodes: Int, instances: Int, allocatable: Resources, allocated: Resources) {
        self.at = at
        self.nodes = nodes
        self.instances = instances
        self.allocatable = allocatable
        self.allocated = allocated
    }
}
