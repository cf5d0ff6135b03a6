import ClusterModel
import FoundationEssentials

/// What the ledger can be asked. Ids are made by the caller, so that the same command always gives the same changes.
package enum Command: Sendable {
    case launch(Launch)
    case start(InstanceKey, OperationID)
    case stop(InstanceKey, OperationID, force: Bool, within: Milliseconds?)
    case reboot(InstanceKey, OperationID)
    case migrate(InstanceKey, Migrate)
    case delete(InstanceKey, OperationID)
    case update(InstanceKey, Update)
    case expire(InstanceID, OperationID)
    case adopt(InstanceKey)
    case destroy(InstanceKey, OperationID)
    case cordon(NodeKey)
    case uncordon(NodeKey)
    case removeNode(NodeKey)
    case drain(NodeKey, stop: Bool, parallel: Int)
    /// An operator's word that the machine does not run; with `diskGone` nothing that it held can come back either.
    case confirmDead(NodeKey, diskGone: Bool)
    case fenced(FenceAttempt)
    case holdRecovery(RecoveryHold.Reason, message: String)
    case resumeRecovery
    case createSize(Size)
    case deleteSize(Name)
    case putImage(Image)
    case importKey(SSHKey)
    case deleteKey(ProjectName)
    case access(AccessCommand)
    case deleteImage(ImageKey)
    case cancel(OperationID, deletion: OperationID)
    case report(NodeReport)
    /// The nodes' ages since their last sync, in milliseconds; those not named are left alone.
    case healthTick([NodeAge], uptime: Milliseconds)
    /// With `again` from the front of the queue, else from where the last round stopped.
    case placePending(again: Bool)
    case expireOperations(keep: Int)
    case storage(StorageCommand)
    case enrolment(EnrolmentCommand)
    /// Takes a sample for the capacity history if one is due.
    case sampleCapacity

    package struct Launch: Sendable {
        package var name: Name?
        package var project: Name
        package var size: Name?
        package var image: Name?
        package var labels: Labels
        package var groups: [Name]
        package var constraints: Constraints
        package var policy: PlacementPolicy?
        package var restart: RestartPolicy
        package var stopTimeout: Milliseconds?
        package var queue: Bool
        /// Nil: `stay` with a local disk, `fenced` without.
        package var recovery: RecoveryPolicy?
        package var ephemeral: Bool
        package var priority: Int
        package var allOrNone: Bool
        package var userData: Data?
        package var vendorData: Data?
        package var keyNames: [Name]
        package var protected = false
        package var expiresIn: Milliseconds?
        /// One pair per instance.
        package var ids: [(instance: InstanceID, operation: OperationID)]

        package init(
            name: Name?, project: Name, size: Name? = nil, image: Name? = nil, labels: Labels = Labels(), groups: [Name] = [],
            constraints: Constraints = Constraints(), policy: PlacementPolicy? = nil, restart: RestartPolicy = .onFailure,
            stopTimeout: Milliseconds? = nil, queue: Bool = false, recovery: RecoveryPolicy? = nil, ephemeral: Bool = false, priority: Int = 0,
            allOrNone: Bool = false, userData: Data? = nil, vendorData: Data? = nil, keyNames: [Name] = [],
            ids: [(instance: InstanceID, operation: OperationID)]
        ) {
            self.name = name
            self.project = project
            self.size = size
            self.image = image
            self.labels = labels
            self.groups = groups
            self.constraints = constraints
            self.policy = policy
            self.restart = restart
            self.stopTimeout = stopTimeout
            self.queue = queue
            self.recovery = recovery
            self.ephemeral = ephemeral
            self.priority = priority
            self.allOrNone = allOrNone
            self.userData = userData
            self.vendorData = vendorData
            self.keyNames = keyNames
            self.ids = ids
        }
    }

    package struct Update: Sendable {
        package enum Expiry: Hashable, Sendable {
            case never
            case after(Milliseconds)
        }

        package var name: Name?
        package var setLabels: Labels?
        package var removeLabels: [String] = []
        package var protected: Bool?
        package var expiry: Expiry?
        package init() {}
    }

    package struct NodeAge: Sendable {
        package var node: NodeID
        package var age: Milliseconds
        /// By this controller, since it began.
        package var wasHeard: Bool
        /// In force when it was looked at: in a large cluster a lease lasts longer than the configuration says.
        package var timing: HeartbeatTiming
        package init(node: NodeID, age: Milliseconds, wasHeard: Bool, timing: HeartbeatTiming) {
            self.node = node
            self.age = age
            self.wasHeard = wasHeard
            self.timing = timing
        }
    }
}

/// How one run of the fence command ended.
package struct FenceAttempt: Hashable, Sendable {
    package var node: NodeID
    /// The silence that it was run for: a node that was heard from meanwhile is not fenced by it.
    package var since: Timestamp
    package var succeeded: Bool
    package var attempt: Int
    package var attempts: Int
    /// The end of what the command printed, or why it could not be run.
    package var output: String
    package init(node: NodeID, since: Timestamp, succeeded: Bool, attempt: Int, attempts: Int, output: String) {
        self.node = node
        self.since = since
        self.succeeded = succeeded
        self.attempt = attempt
        self.attempts = attempts
        self.output = output
    }
}

/// A node's half of a sync, as far as the ledger is concerned.
package struct NodeReport: Sendable {
    package var node: NodeID
    package var registration: NodeRegistration?
    /// `observed` is all there is on the node.
    package var full: Bool
    package var observed: [ObservedInstance]
    /// Nil where nothing of it changed.
    package var storage: ObservedNodeStorage?
    package init(
        node: NodeID, registration: NodeRegistration?, full: Bool, observed: [ObservedInstance], storage: ObservedNodeStorage? = nil
    ) {
        self.storage = storage
        self.node = node
        self.registration = registration
        self.full = full
        self.observed = observed
    }
}

/// How people name an instance: by its id, or by its name in a project.
package enum InstanceKey: Hashable, Sendable {
    case id(InstanceID)
    case name(ProjectName)
}

package enum NodeKey: Hashable, Sendable {
    case id(NodeID)
    case name(Name)
}

package enum ImageKey: Hashable, Sendable {
    case id(ImageID)
    /// The project's, else everybody's.
    case name(Name, in: Name)
}

/// What a command gave. Refusals are `ErrorBody`s, since what a person is told is decided here.
package enum Answer: Sendable {
    case launched(Launched)
    case instance(Instance, InstanceOperation?)
    case node(Node)
    case size(Size)
    case image(Image)
    case key(SSHKey)
    case operation(InstanceOperation)
    case drain(Node, DrainPlan)
    case volume(Volume, InstanceOperation?)
    case snapshot(Snapshot, InstanceOperation?)
    case recovery(Recovery)
    case access(AccessAnswer)
    case joinToken(JoinToken)
    case credential(NodeCredential)
    /// Of a report: whether the node is known and its report was taken.
    case reported(known: Bool)
    case done

    package struct Launched: Sendable {
        package var instances: [Instance] = []
        package var operations: [InstanceOperation] = []
        package var unplaced = 0
        package var noPlacement: NoPlacement?
    }
}

package struct Outcome: Sendable {
    package var result: Result<Answer, ErrorBody>
    /// Empty where the command was refused.
    package var effects: Effects
}
