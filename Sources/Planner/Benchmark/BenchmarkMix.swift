/// What requests of one kind ask for beside room.
package enum BenchmarkMix: String, Hashable, Sendable, Codable, CaseIterable {
    /// Seven of ten nothing, the others labels, anti-affinity or both.
    case usual
    case unconstrained
    /// Two labels that a sixth of the nodes have together.
    case commonLabels
    /// One rack of all.
    case oneRack
    /// Two labels that no node has together.
    case contradictingLabels
    /// A group that must be on different nodes and is on a tenth of them.
    case largeGroupApart
    /// A group that must be in different racks and is in all but one.
    case lastRackApart
    /// A node of a group that is on many.
    case together
    /// Level over racks.
    case spreadOverRacks
    /// Wishes of which no node fulfils all.
    case unfulfillableWishes
    case devices
    case everything
    /// More than any node has left.
    case tooLarge
}
