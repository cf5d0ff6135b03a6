/// The number of the controller's term. Every answer carries it; an agent refuses a lower one than it has seen.
package struct Epoch: Hashable, Comparable, Sendable, Codable {
    package var number: Int64
    package init(_ number: Int64) { self.number = number }
    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
    package init(from decoder: any Decoder) throws { number = try decoder.singleValueContainer().decode(Int64.self) }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}

/// What a node says of itself when it joins, and again when it changes.
package struct NodeRegistration: Hashable, Sendable, Codable {
    package var name: Name
    package var labels: Labels
    package var taints: [Taint]
    package var facts: NodeFacts
    package var capacity: Capacity
    package init(name: Name, labels: Labels, taints: [Taint], facts: NodeFacts, capacity: Capacity) {
        self.name = name
        self.labels = labels
        self.taints = taints
        self.facts = facts
        self.capacity = capacity
    }
}

/// The agent's half of the one conversation: what changed here since the last answer arrived.
package struct SyncRequest: Hashable, Sendable, Codable {
    package var bootID: String
    /// Made anew by each start of the agent, so that the controller knows when to say everything again.
    package var session: String
    /// Of the requests of a session, from 1: a copy that arrives late is known by it. 0 where the agent does not number them.
    package var number: Int64
    package var highestEpoch: Epoch
    /// The desired revision up to which this session holds every spec; 0 asks for the full set.
    package var seen: Int64
    package var registration: NodeRegistration?
    /// `observed` is all there is on the node, not a change.
    package var full: Bool
    package var observed: [ObservedInstance]
    /// How long the controller may hold this sync when it has nothing to say; zero answers at once.
    package var hold: Milliseconds
    /// Nil where nothing of it changed.
    package var storage: ObservedNodeStorage?

    package init(
        bootID: String, session: String, number: Int64 = 0, highestEpoch: Epoch, seen: Int64, registration: NodeRegistration?, full: Bool,
        observed: [ObservedInstance], hold: Milliseconds, storage: ObservedNodeStorage? = nil
    ) {
        self.bootID = bootID
        self.session = session
        self.number = number
        self.highestEpoch = highestEpoch
        self.seen = seen
        self.registration = registration
        self.full = full
        self.observed = observed
        self.hold = hold
        self.storage = storage
    }

    /// Also reads what agents say that do not number their requests.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        bootID = try fields.decode(String.self, forKey: .bootID)
        session = try fields.decode(String.self, forKey: .session)
        number = try fields.decodeIfPresent(Int64.self, forKey: .number) ?? 0
        highestEpoch = try fields.decode(Epoch.self, forKey: .highestEpoch)
        seen = try fields.decode(Int64.self, forKey: .seen)
        registration = try fields.decodeIfPresent(NodeRegistration.self, forKey: .registration)
        full = try fields.decode(Bool.self, forKey: .full)
        observed = try fields.decode([ObservedInstance].self, forKey: .observed)
        hold = try fields.decode(Milliseconds.self, forKey: .hold)
        storage = try fields.decodeIfPresent(ObservedNodeStorage.self, forKey: .storage)
    }
}

/// The controller's half. It is level-triggered: a lost answer is made good by the next.
package struct SyncAnswer: Hashable, Sendable, Codable {
    package var epoch: Epoch
    /// How long the agent waits between syncs, and asks them to be held.
    package var interval: Milliseconds
    /// The desired revision after applying `desired`; the next request's `seen`.
    package var revision: Int64
    /// `desired` is the whole set: what is not in it is not wanted here.
    package var full: Bool
    package var desired: [DesiredInstance]
    /// The controller lacks this node's registration or full observation: send it in the next request, at once.
    package var needsFull: Bool
    /// Consoles and logs that someone waits for.
    package var streams: [StreamRequest]
    /// Nil: this answer grants nothing, and what was granted before runs out.
    package var lease: LeaseGrant?
    /// All volumes of the node; nil where none of them changed. What is not among them is left alone.
    package var volumes: [DesiredVolume]?
    /// Why the ledger could not keep what the request said: it is to be said again. Nil where it could.
    package var unkept: String?

    package init(
        epoch: Epoch, interval: Milliseconds, revision: Int64, full: Bool, desired: [DesiredInstance], needsFull: Bool, streams: [StreamRequest],
        lease: LeaseGrant? = nil, volumes: [DesiredVolume]? = nil, unkept: String? = nil
    ) {
        self.epoch = epoch
        self.interval = interval
        self.revision = revision
        self.full = full
        self.desired = desired
        self.needsFull = needsFull
        self.streams = streams
        self.lease = lease
        self.volumes = volumes
        self.unkept = unkept
    }
}

/// What a node shall do about one instance.
package struct DesiredInstance: Hashable, Sendable, Codable {
    package var id: InstanceID
    package var name: Name
    package var project: Name
    package var generation: Int64
    /// `deleted` until the node has confirmed that nothing is left of it.
    package var desired: DesiredState
    package var resources: Resources
    package var image: ImageReference
    package var restart: RestartPolicy
    package var reboots: Int64
    package var stopTimeout: Milliseconds
    /// An operator's word that a quarantined VM belongs to this instance.
    package var adopt: Bool
    /// It may run only while the node holds a lease.
    package var fenced: Bool
    /// The controller has something for its seed.
    package var seeded: Bool
    /// Nil where there is nothing but the disk that its image gives.
    package var storage: InstanceStorage?
    /// Its part in a migration of the instance; nil where there is none.
    package var migration: MigrationOrder?
    /// Nil where it has QEMU's user networking.
    package var network: InstanceNetwork?

    package init(
        id: InstanceID, name: Name, project: Name, generation: Int64, desired: DesiredState, resources: Resources, image: ImageReference,
        restart: RestartPolicy, reboots: Int64, stopTimeout: Milliseconds, adopt: Bool = false, fenced: Bool = false,
        seeded: Bool = false, storage: InstanceStorage? = nil, migration: MigrationOrder? = nil, network: InstanceNetwork? = nil
    ) {
        self.id = id
        self.name = name
        self.project = project
        self.generation = generation
        self.desired = desired
        self.resources = resources
        self.image = image
        self.restart = restart
        self.reboots = reboots
        self.stopTimeout = stopTimeout
        self.adopt = adopt
        self.fenced = fenced
        self.seeded = seeded
        self.storage = storage
        self.migration = migration
        self.network = network
    }

    /// Also reads the records of agents from before there were leases.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.decode(InstanceID.self, forKey: .id)
        name = try fields.decode(Name.self, forKey: .name)
        project = try fields.decode(Name.self, forKey: .project)
        generation = try fields.decode(Int64.self, forKey: .generation)
        desired = try fields.decode(DesiredState.self, forKey: .desired)
        resources = try fields.decode(Resources.self, forKey: .resources)
        image = try fields.decode(ImageReference.self, forKey: .image)
        restart = try fields.decode(RestartPolicy.self, forKey: .restart)
        reboots = try fields.decode(Int64.self, forKey: .reboots)
        stopTimeout = try fields.decode(Milliseconds.self, forKey: .stopTimeout)
        adopt = try fields.decode(Bool.self, forKey: .adopt)
        fenced = try fields.decodeIfPresent(Bool.self, forKey: .fenced) ?? false
        seeded = try fields.decodeIfPresent(Bool.self, forKey: .seeded) ?? false
        storage = try fields.decodeIfPresent(InstanceStorage.self, forKey: .storage)
        migration = try fields.decodeIfPresent(MigrationOrder.self, forKey: .migration)
        network = try fields.decodeIfPresent(InstanceNetwork.self, forKey: .network)
    }
}

/// What a node saw of one instance.
package struct ObservedInstance: Hashable, Sendable, Codable {
    package enum State: String, Hashable, Sendable, Codable {
        case preparing, starting, running, stopping, stopped, failed
        /// Nothing of it is left on this node.
        case absent
        /// It runs, and no desired spec of this controller speaks of it.
        case quarantined
    }

    package var id: InstanceID
    package var name: Name
    package var generation: Int64
    package var state: State
    package var reason: String?
    package var address: String?
    package var pid: Int32?
    package var restarts: Int
    /// The highest reboot number that was performed.
    package var reboots: Int64
    package var timings: StartTimings?
    /// What it takes here, so that a quarantined VM's room is counted too.
    package var resources: Resources
    /// Nil where there is nothing but the disk that its image gives.
    package var storage: ObservedStorage?
    package var migration: MigrationReport?

    package init(
        id: InstanceID, name: Name, generation: Int64, state: State, reason: String? = nil, address: String? = nil, pid: Int32? = nil,
        restarts: Int = 0,
        reboots: Int64 = 0, timings: StartTimings? = nil, resources: Resources, storage: ObservedStorage? = nil,
        migration: MigrationReport? = nil
    ) {
        self.id = id
        self.name = name
        self.generation = generation
        self.state = state
        self.reason = reason
        self.address = address
        self.pid = pid
        self.restarts = restarts
        self.reboots = reboots
        self.timings = timings
        self.resources = resources
        self.storage = storage
        self.migration = migration
    }
}

/// Someone wants an instance's console or log; the agent opens a stream to the controller for it.
package struct StreamRequest: Hashable, Sendable, Codable {
    package enum Source: Hashable, Sendable, Codable {
        case console
        /// The capped console log: its last `lines` (nil: all), and what follows where `follow`.
        case log(lines: Int?, follow: Bool)
        /// A TCP connection to a port of the guest.
        case port(number: Int)
        /// A program in the guest; its one answer is a `GuestExit`.
        case program(GuestProgram)
        case file(GuestFile)

        /// Either side may have no more to say while the other goes on.
        package var isHalfClosed: Bool {
            switch self {
            case .port, .file: true
            case .console, .log, .program: false
            }
        }

        /// What is sent goes to the guest.
        package var takesInput: Bool {
            switch self {
            case .console, .port: true
            case .log, .program: false
            case .file(let file): file.direction == .toGuest
            }
        }
    }

    package var id: StreamID
    package var instance: InstanceID
    package var source: Source
    package init(id: StreamID, instance: InstanceID, source: Source) {
        self.id = id
        self.instance = instance
        self.source = source
    }
}
