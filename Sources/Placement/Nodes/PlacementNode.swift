import ClusterModel

/// A node as placement sees it.
package struct PlacementNode: Hashable, Sendable, Codable {
    package var id: NodeID
    package var name: Name
    package var labels: Labels
    package var taints: [Taint]
    package var architecture: Architecture
    package var traits: [String]
    package var allocatable: Resources
    /// Added to the memory of each allocation here.
    package var overhead: MiB
    package var admission: Admission
    /// Cached there, for locality.
    package var images: [Digest]

    package init(
        id: NodeID, name: Name, labels: Labels = Labels(), taints: [Taint] = [], architecture: Architecture = .x86_64, traits: [String] = [],
        allocatable: Resources, overhead: MiB = .zero, admission: Admission = .open, images: [Digest] = []
    ) {
        self.id = id
        self.name = name
        self.labels = labels
        self.taints = taints
        self.architecture = architecture
        self.traits = traits
        self.allocatable = allocatable
        self.overhead = overhead
        self.admission = admission
        self.images = images
    }

    /// - Parameters:
    ///   - owesRemoval: something has to be taken away there before it is told anything else, so it is as if it were not heard from.
    ///   - hasNoAddress: every address of its range is taken.
    package init(_ node: Node, owesRemoval: Bool = false, hasNoAddress: Bool = false) {
        let admission: Admission =
            node.health != .alive
            ? .stale : node.draining ? .draining : node.cordoned ? .cordoned : owesRemoval ? .stale : hasNoAddress ? .noAddress : .open
        self.init(
            id: node.id, name: node.name, labels: node.labels, taints: node.taints, architecture: node.facts.architecture, traits: node.facts.traits,
            allocatable: node.capacity.allocatable, overhead: node.facts.overhead, admission: admission)
    }

    /// The pool that the label `pool` names; nil too where its value is no name.
    package var pool: Name? { labels[Self.poolLabel].flatMap { try? Name($0) } }

    package static let poolLabel = "pool"
    /// A node with a taint of this key and the effect `noPlace` takes only those who tolerate the taint or ask for the pool that is its value.
    package static let dedicatedTaint = "dedicated"
}
