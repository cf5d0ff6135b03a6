import ClusterModel

/// How good a node is for one request, by its room alone: lower is better, ties go to the first node by name. A node's room is what is free there less its
/// overhead for one more instance. Only operations that IEEE 754 specifies exactly (no pow, exp, log), so that every machine agrees on the last bit.
package protocol PlacementScore: Sendable {
    init(_ request: ScoredRequest)
    /// `room` holds the need.
    func score(_ room: Amounts, on node: NodeID) -> Double
}

/// A score that the index can serve without a look at every node.
package protocol IndexedScore: PlacementScore {
    /// Whether the best nodes are rather those with much room.
    static var prefersRoom: Bool { get }
    func score(_ room: Amounts) -> Double
    /// No room within the box (its sides included, any disk) scores less. The tighter, the fewer nodes are looked at; it need not be met.
    func bound(_ box: RoomBox) -> Double
}

extension IndexedScore {
    package func score(_ room: Amounts, on node: NodeID) -> Double { score(room) }
}

package struct ScoredRequest: Hashable, Sendable {
    package let instance: InstanceID
    /// Without overhead.
    package let need: Amounts
    package let measure: ClusterMeasure
}

/// A range of CPU and one of memory.
package struct RoomBox: Hashable, Sendable {
    package var leastCPU: Int64
    package var mostCPU: Int64
    package var leastMemory: Int64
    package var mostMemory: Int64
}

extension ScoredRequest {
    // Room before and after the placement in mean nodes. Each is a rising function of the amount, rounding included, which the bounds rely on.
    func cpuBefore(_ amount: Int64) -> Double { Double(max(0, amount)) * measure.cpuScale }
    func memoryBefore(_ amount: Int64) -> Double { Double(max(0, amount)) * measure.memoryScale }
    func cpuAfter(_ amount: Int64) -> Double { Double(max(0, amount &- need.cpu)) * measure.cpuScale }
    func memoryAfter(_ amount: Int64) -> Double { Double(max(0, amount &- need.memory)) * measure.memoryScale }
    func diskAfter(_ amount: Int64) -> Double { Double(max(0, amount &- need.disk)) * measure.diskScale }
}
