import ClusterModel
import FoundationEssentials

/// A page of a list. `continue` asks for the next; `revision` is where a watch takes up.
package struct Page<Item: Codable & Sendable>: Codable, Sendable {
    package var items: [Item]
    package var revision: Int64
    package var `continue`: String?
    package init(items: [Item], revision: Int64, continue next: String? = nil) {
        self.items = items
        self.revision = revision
        self.continue = next
    }
}

/// One server-sent event of `?watch=1`: the SSE `event:` is `put` or `delete`, `id:` the revision.
package enum WatchChange<Item: Codable & Sendable>: Sendable {
    case put(Item, revision: Int64)
    case delete(id: String, revision: Int64)
}

package struct LaunchRequest: Hashable, Sendable, Codable {
    /// Made by the server when absent. With `count` above 1 it gets "-1", "-2", ….
    package var name: Name?
    package var project: Name?
    /// The default size and image when absent.
    package var size: Name?
    package var image: Name?
    package var labels: Labels?
    package var groups: [Name]?
    package var constraints: Constraints?
    package var policy: PlacementPolicy?
    package var restart: RestartPolicy?
    package var stopTimeout: Milliseconds?
    /// Wait as `pending` when nothing fits.
    package var queue: Bool?
    /// `stay` where the size has a local disk and `fenced` where it has none, when absent.
    package var recovery: RecoveryPolicy?
    package var ephemeral: Bool?
    /// Who goes first where several look for room; 0 when absent.
    package var priority: Int?
    package var count: Int?
    /// With `count`: either every instance is placed or none is.
    package var allOrNone: Bool?
    /// Base64 on the wire.
    package var userData: Data?
    package var vendorData: Data?
    /// Names of keys that may log in.
    package var keys: [Name]?
    /// Nobody deletes it before this is lifted.
    package var protected: Bool?
    /// It is deleted after this time.
    package var expiresIn: Milliseconds?
    package init() {}

    private enum CodingKeys: String, CodingKey {
        case name, project, size, image, labels, groups, constraints, policy, restart, queue, recovery, ephemeral, priority, count, allOrNone
        case userData, vendorData, keys, protected
        case stopTimeout = "stopTimeoutMilliseconds", expiresIn = "expiresInMilliseconds"
    }
}

package struct LaunchAnswer: Hashable, Sendable, Codable {
    package var instances: [Instance]
    package var operations: [InstanceOperation]
    /// With `count` and without `allOrNone`: how many found no room, and why.
    package var unplaced: Int
    package var noPlacement: NoPlacement?
    package init(instances: [Instance], operations: [InstanceOperation], unplaced: Int = 0, noPlacement: NoPlacement? = nil) {
        self.instances = instances
        self.operations = operations
        self.unplaced = unplaced
        self.noPlacement = noPlacement
    }
}

/// What `?dryRun=1` answers: where each would go. Nothing is kept.
package struct DryRunAnswer: Hashable, Sendable, Codable {
    package var explanations: [Explanation]
    package init(explanations: [Explanation]) { self.explanations = explanations }
}

package struct InstanceAnswer: Hashable, Sendable, Codable {
    package var instance: Instance
    package var operation: InstanceOperation?
    package init(instance: Instance, operation: InstanceOperation?) {
        self.instance = instance
        self.operation = operation
    }
}

/// What is absent stays as it is.
package struct UpdateRequest: Hashable, Sendable, Codable {
    package var name: Name?
    package var setLabels: Labels?
    /// By their keys.
    package var removeLabels: [String]?
    package var protected: Bool?
    package var expiresIn: Milliseconds?
    package var neverExpires: Bool?
    package init() {}

    private enum CodingKeys: String, CodingKey {
        case name, setLabels, removeLabels, protected, neverExpires
        case expiresIn = "expiresInMilliseconds"
    }
}

package struct MigrateRequest: Hashable, Sendable, Codable {
    /// A node's name or id; nil: the best that placement finds.
    package var node: String?
    /// Nil: as the instance is, running or stopped.
    package var live: Bool?
    package var bandwidth: MiB?
    package var maxDowntime: Milliseconds?

    private enum CodingKeys: String, CodingKey {
        case node, live
        case bandwidth = "bandwidthMiBPerSecond"
        case maxDowntime = "maxDowntimeMilliseconds"
    }

    package init(node: String? = nil, live: Bool? = nil, bandwidth: MiB? = nil, maxDowntime: Milliseconds? = nil) {
        self.node = node
        self.live = live
        self.bandwidth = bandwidth
        self.maxDowntime = maxDowntime
    }
}

package struct StopRequest: Hashable, Sendable, Codable {
    /// Ends the guest at once, without ACPI.
    package var force: Bool?
    /// Instead of the instance's own.
    package var timeout: Milliseconds?
    package init() {}

    private enum CodingKeys: String, CodingKey {
        case force
        case timeout = "timeoutMilliseconds"
    }
}

/// A node with what is derived and so never stored.
package struct NodeView: Hashable, Sendable, Codable {
    package var node: Node
    package var allocated: Resources
    package var free: Resources
    package var instances: Int
    /// Since the last sync arrived; nil before the first since the controller's start.
    package var age: Milliseconds?
    /// How far its drain has come; nil where there is none.
    package var drain: DrainProgress?

    private enum CodingKeys: String, CodingKey {
        case node, allocated, free, instances, drain
        case age = "ageMilliseconds"
    }

    package init(node: Node, allocated: Resources, free: Resources, instances: Int, age: Milliseconds?, drain: DrainProgress? = nil) {
        self.node = node
        self.allocated = allocated
        self.free = free
        self.instances = instances
        self.age = age
        self.drain = drain
    }
}

package struct DrainRequest: Hashable, Sendable, Codable {
    /// Stop what can't move.
    package var stop: Bool?
    /// Moves at once, at most.
    package var parallel: Int?
    package init(stop: Bool? = nil, parallel: Int? = nil) {
        self.stop = stop
        self.parallel = parallel
    }
}

package struct DrainAnswer: Hashable, Sendable, Codable {
    package var node: NodeView
    package var plan: DrainPlan
    package init(node: NodeView, plan: DrainPlan) {
        self.node = node
        self.plan = plan
    }
}

package struct ConfirmDeadRequest: Hashable, Sendable, Codable {
    /// Its disk is lost with it, so that nothing is left there to be taken away.
    package var diskGone: Bool?
    package init(diskGone: Bool? = nil) { self.diskGone = diskGone }
}

/// Whether what is fenced is started elsewhere by itself when its node is lost.
package struct RecoveryView: Hashable, Sendable, Codable {
    package var hold: RecoveryHold?
    /// Why nothing is recovered for the moment, though there is no hold.
    package var waits: String?
    /// Instances that are to leave lost nodes, or have left them and wait for room.
    package var instances: Int
    package init(hold: RecoveryHold?, waits: String?, instances: Int) {
        self.hold = hold
        self.waits = waits
        self.instances = instances
    }
}

package struct HoldRecoveryRequest: Hashable, Sendable, Codable {
    /// Shown in `cluster status`.
    package var message: String?
    package init(message: String? = nil) { self.message = message }
}

package struct VersionAnswer: Hashable, Sendable, Codable {
    package var version: String
    package init(version: String) { self.version = version }
}

package struct ClusterView: Hashable, Sendable, Codable {
    package var version: String
    package var epoch: Epoch
    package var revision: Int64
    package var nodesByHealth: [String: Int]
    package var instancesByState: [String: Int]
    package var allocatable: Resources
    package var allocated: Resources
    package var recovery: RecoveryView
    /// What places an instance that names no policy of its own; nil from controllers that do not say.
    package var policy: PlacementPolicy?
    /// The controller's disk is nearly full, and nothing new is taken in.
    package var isStorageLow: Bool?
    package init(
        version: String, epoch: Epoch, revision: Int64, nodesByHealth: [String: Int], instancesByState: [String: Int], allocatable: Resources,
        allocated: Resources, recovery: RecoveryView, policy: PlacementPolicy? = nil, isStorageLow: Bool? = nil
    ) {
        self.policy = policy
        self.isStorageLow = isStorageLow
        self.version = version
        self.epoch = epoch
        self.revision = revision
        self.nodesByHealth = nodesByHealth
        self.instancesByState = instancesByState
        self.allocatable = allocatable
        self.allocated = allocated
        self.recovery = recovery
    }
}

/// `GET /v1/capacity/history`: oldest first, the farther back the fewer.
package struct CapacityHistoryView: Hashable, Sendable, Codable {
    package var samples: [CapacitySample]
    package init(samples: [CapacitySample]) { self.samples = samples }
}

package struct KeyRequest: Hashable, Sendable, Codable {
    package var name: Name
    package var publicKey: SSHPublicKey
    package init(name: Name, publicKey: SSHPublicKey) {
        self.name = name
        self.publicKey = publicKey
    }
}

/// How far a download has come. `total` where the source says it.
package struct ImageProgress: Hashable, Sendable, Codable {
    package var received: Int64
    package var total: Int64?
    package init(received: Int64, total: Int64?) {
        self.received = received
        self.total = total
    }
}

package struct OpenStreamRequest: Hashable, Sendable, Codable {
    package var source: StreamRequest.Source
    package init(source: StreamRequest.Source) { self.source = source }
}

package struct OpenStreamAnswer: Hashable, Sendable, Codable {
    package var id: StreamID
    package init(id: StreamID) { self.id = id }
}

package struct ErrorAnswer: Codable, Sendable {
    package var error: ErrorBody
    package init(error: ErrorBody) { self.error = error }
}
