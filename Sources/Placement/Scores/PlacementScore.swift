import ClusterModel

/// How good a node is for one request, by its room alone: lower is better. A node's room is what is free there less its overhead for one more instance.
/// Equal scores are decided by free disk, as the policy says, and then by the nodes' names and ids. Only operations that IEEE 754 specifies exactly (no pow, exp, log), so that every machine agrees on the last bit.
package protocol PlacementScore: Sendable {
    static var diskTie: DiskTie { get }
    init(_ request: ScoredRequest)
    /// `room` holds the need.
    func score(_ room: Amounts, on node: NodeID, standing: NodeStanding) -> Double
}

/// A score that the index can serve without a look at every node.
package protocol IndexedScore: PlacementScore {
    /// Of two rooms that differ in disk only, the one that `diskTie` prefers must not score more.
    func score(_ room: Amounts, standing: NodeStanding) -> Double
    /// No room within the box (its sides included, any disk) scores less. The tighter, the fewer nodes are looked at; it need not be met.
    func bound(_ box: RoomBox, standing: NodeStanding) -> Double
}

/// Which of two nodes with equal scores is better.
package enum DiskTie: Sendable {
    /// Also says that the best nodes are rather those with little room, and are looked for there first.
    case lessFree
    case moreFree
    case ignored
}

extension IndexedScore {
    package func score(_ room: Amounts, on node: NodeID, standing: NodeStanding) -> Double { score(room, standing: standing) }
}

package struct ScoredRequest: Hashable, Sendable {
    package let instance: InstanceID
    /// Without overhead.
    package let need: Amounts
    package let measure: ClusterMeasure
    package let expiry: ExpiryPeriod
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
