import ClusterModel

/// One instance that looks for a node. What is already allocated to it counts like any other allocation: release it (on a copy) to ask where it would go anew.
package struct PlacementRequest: Hashable, Sendable, Codable {
    package var instance: InstanceID
    /// Without the VMM's overhead, which is the node's.
    package var resources: Resources
    package var groups: [Name]
    package var constraints: Constraints
    /// Traits that the size asks for, beside `constraints.traits`.
    package var traits: [String]
    /// The engine's own where nil.
    package var policy: PlacementPolicy?
    package var image: Digest?
    /// When the instance ends by itself; nil where nobody said so.
    package var expiresAt: Timestamp?

    package init(
        instance: InstanceID, resources: Resources, groups: [Name] = [], constraints: Constraints = Constraints(), traits: [String] = [],
        policy: PlacementPolicy? = nil, image: Digest? = nil, expiresAt: Timestamp? = nil
    ) {
        self.instance = instance
        self.resources = resources
        self.groups = groups
        self.constraints = constraints
        self.traits = traits
        self.policy = policy
        self.image = image
        self.expiresAt = expiresAt
    }
}
