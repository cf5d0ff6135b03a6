import ClusterModel

/// The room that an instance holds on a node. Usage is always the sum of these, never stored beside them.
package struct Allocation: Hashable, Sendable, Codable {
    package var instance: InstanceID
    package var node: NodeID
    /// The node's overhead included.
    package var resources: Resources
    package var groups: [Name]
    /// The hard rules by which it keeps apart, which keep others away from it.
    package var apart: [Constraints.GroupRule]
    /// When it ends by itself; nil where nobody said so.
    package var expiresAt: Timestamp?

    package init(
        instance: InstanceID, node: NodeID, resources: Resources, groups: [Name] = [], apart: [Constraints.GroupRule] = [],
        expiresAt: Timestamp? = nil
    ) {
        self.instance = instance
        self.node = node
        self.resources = resources
        self.groups = groups
        self.apart = apart
        self.expiresAt = expiresAt
    }
}

/// Why an allocation was not taken; nothing has changed.
package enum AllocationRefused: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownNode(NodeID)
    case alreadyAllocated(InstanceID, node: NodeID)
    /// Without `force`, the first resource that the node is short of.
    case overCapacity(node: Name, Refusal)

    package var description: String {
        switch self {
        case .unknownNode(let node): "There is no node \(node) to allocate on."
        case .alreadyAllocated(let instance, let node): "Instance \(instance) is already allocated, on node \(node)."
        case .overCapacity(let node, let refusal): "Node \(node) \(refusal)."
        }
    }
}
