/// A VM: what is wanted, what was observed, and where it is and why.
package struct Instance: Hashable, Sendable, Codable {
    package var id: InstanceID
    package var name: Name
    package var project: Name
    /// The number of the spec: raised by every change of it. A node acts on the highest it has seen.
    package var generation: Int64
    package var spec: InstanceSpec
    package var status: InstanceStatus
    package var placement: InstancePlacement?
    package var createdAt: Timestamp
    /// The latest transitions, oldest first, at most `Transition.kept`.
    package var history: [Transition]

    package init(
        id: InstanceID, name: Name, project: Name, generation: Int64, spec: InstanceSpec, status: InstanceStatus, placement: InstancePlacement?,
        createdAt: Timestamp, history: [Transition]
    ) {
        self.id = id
        self.name = name
        self.project = project
        self.generation = generation
        self.spec = spec
        self.status = status
        self.placement = placement
        self.createdAt = createdAt
        self.history = history
    }
}

/// What is wanted, with the size and image already resolved, so that a later change of either changes no instance.
package struct InstanceSpec: Hashable, Sendable, Codable {
    package var size: Name
    package var resources: Resources
    package var image: ImageReference
    package var labels: Labels
    /// The placement groups that it belongs to; rules of other instances speak of them.
    package var groups: [Name]
    package var constraints: Constraints
    package var policy: PlacementPolicy?
    package var restart: RestartPolicy
    package var desired: DesiredState
    /// Raised by every `reboot`; the node performs what it has not performed yet.
    package var reboots: Int64
    /// How long a guest may take over an ACPI shutdown before it is ended hard.
    package var stopTimeout: Milliseconds
    /// Waits as `pending` when nothing fits, instead of failing at once.
    package var queued: Bool
    package var recovery: RecoveryPolicy
    /// Its local disk may be lost with its node: it begins anew from its image elsewhere.
    package var ephemeral: Bool
    /// Higher goes first where several look for room: those that wait, and those whose node is lost.
    package var priority: Int
    /// What it was launched with beside its name; nil where that is nothing.
    package var seed: SeedSummary?
    /// Nobody deletes it before this is lifted.
    package var protected: Bool
    /// It is deleted then.
    package var expiresAt: Timestamp?
    /// Names of those that are attached or shall be; nil where there are none.
    package var volumes: [Name]?

    package static let priorities = -1000...1000

    private enum CodingKeys: String, CodingKey {
        case size, resources, image, labels, groups, constraints, policy, restart, desired, reboots, queued, recovery, ephemeral, priority, seed
        case protected, expiresAt, volumes
        case stopTimeout = "stopTimeoutMilliseconds"
    }

    package init(
        size: Name, resources: Resources, image: ImageReference, labels: Labels = Labels(), groups: [Name] = [],
        constraints: Constraints = Constraints(),
        policy: PlacementPolicy? = nil, restart: RestartPolicy = .onFailure, desired: DesiredState = .running, reboots: Int64 = 0,
        stopTimeout: Milliseconds = Milliseconds(seconds: 30), queued: Bool = false, recovery: RecoveryPolicy = .stay, ephemeral: Bool = false,
        priority: Int = 0, seed: SeedSummary? = nil, protected: Bool = false, expiresAt: Timestamp? = nil,
        volumes: [Name]? = nil
    ) {
        self.size = size
        self.resources = resources
        self.image = image
        self.labels = labels
        self.groups = groups
        self.constraints = constraints
        self.policy = policy
        self.restart = restart
        self.desired = desired
        self.reboots = reboots
        self.stopTimeout = stopTimeout
        self.queued = queued
        self.recovery = recovery
        self.ephemeral = ephemeral
        self.seed = seed
        self.protected = protected
        self.expiresAt = expiresAt
        self.priority = priority
        self.volumes = volumes
    }

    /// Also reads what was stored before there were recovery policies and priorities.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        size = try fields.decode(Name.self, forKey: .size)
        resources = try fields.decode(Resources.self, forKey: .resources)
        image = try fields.decode(ImageReference.self, forKey: .image)
        labels = try fields.decode(Labels.self, forKey: .labels)
        groups = try fields.decode([Name].self, forKey: .groups)
        constraints = try fields.decode(Constraints.self, forKey: .constraints)
        policy = try fields.decodeIfPresent(PlacementPolicy.self, forKey: .policy)
        restart = try fields.decode(RestartPolicy.self, forKey: .restart)
        desired = try fields.decode(DesiredState.self, forKey: .desired)
        reboots = try fields.decode(Int64.self, forKey: .reboots)
        stopTimeout = try fields.decode(Milliseconds.self, forKey: .stopTimeout)
        queued = try fields.decode(Bool.self, forKey: .queued)
        recovery = try fields.decodeIfPresent(RecoveryPolicy.self, forKey: .recovery) ?? .stay
        ephemeral = try fields.decodeIfPresent(Bool.self, forKey: .ephemeral) ?? false
        seed = try fields.decodeIfPresent(SeedSummary.self, forKey: .seed)
        protected = try fields.decodeIfPresent(Bool.self, forKey: .protected) ?? false
        expiresAt = try fields.decodeIfPresent(Timestamp.self, forKey: .expiresAt)
        priority = try fields.decodeIfPresent(Int.self, forKey: .priority) ?? 0
        volumes = try fields.decodeIfPresent([Name].self, forKey: .volumes)
    }
}

package struct ImageReference: Hashable, Sendable, Codable {
    package var name: Name
    package var digest: Digest
    package var format: Image.Format
    package var bytes: Int64
    package init(name: Name, digest: Digest, format: Image.Format, bytes: Int64) {
        self.name = name
        self.digest = digest
        self.format = format
        self.bytes = bytes
    }
}

/// What becomes of an instance whose node is lost.
package enum RecoveryPolicy: String, Hashable, Sendable, Codable, CaseIterable {
    /// It keeps running through a partition, and is never started elsewhere by itself.
    case stay
    /// It runs only under its node's lease, and is started elsewhere once that lease is surely over.
    case fenced
}

package enum DesiredState: String, Hashable, Sendable, Codable { case running, stopped, deleted }

package enum RestartPolicy: String, Hashable, Sendable, Codable, CaseIterable {
    case never
    case onFailure = "on-failure"
}

/// Where an instance is, and the room it holds there.
package struct InstancePlacement: Hashable, Sendable, Codable {
    package var node: NodeID
    package var nodeName: Name
    /// The spec's resources and the VMM's overhead on that node.
    package var allocation: Resources
    package var decidedAt: Timestamp
    /// The ledger's sequence number that the decision was committed as; from it the explanation is made again, however much later.
    package var revision: Int64
    /// Held with the room; nil where the node's guests have no addresses of their own.
    package var network: InstanceNetwork?

    package init(
        node: NodeID, nodeName: Name, allocation: Resources, decidedAt: Timestamp, revision: Int64, network: InstanceNetwork? = nil
    ) {
        self.node = node
        self.nodeName = nodeName
        self.allocation = allocation
        self.decidedAt = decidedAt
        self.revision = revision
        self.network = network
    }
}
