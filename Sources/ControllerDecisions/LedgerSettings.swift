import ClusterModel

/// What of the configuration the ledger decides by.
package struct LedgerSettings: Hashable, Sendable {
    package var defaultSize: Name
    package var defaultImage: Name
    package var policy: PlacementPolicy
    /// Nil where no leases are granted, so that nothing fenced could run.
    package var lease: LeaseTiming?
    package var recovery: RecoverySettings
    /// When the configured fence command is run; nil where there is none.
    package var fence: FenceMoment?

    package init(
        defaultSize: Name, defaultImage: Name, policy: PlacementPolicy = .pack, lease: LeaseTiming? = .standard,
        recovery: RecoverySettings = RecoverySettings(), fence: FenceMoment? = nil
    ) {
        self.lease = lease
        self.defaultSize = defaultSize
        self.defaultImage = defaultImage
        self.policy = policy
        self.recovery = recovery
        self.fence = fence
    }

    /// Bounds that keep any one request, and the ledger as a whole, from taking all there is.
    package enum Limit {
        package static let launchCount = 1000
        package static let instances = 1_000_000
        package static let pending = 10_000
        package static let placedAtOnce = 64
        package static let recoveredAtOnce = 256
        package static let rules = 32
        package static let explainedNodes = 64
        package static let observedPerReport = 10_000
        /// Of one node, since each takes room in the ledger on nothing but its word.
        package static let strangersPerNode = 1024
        package static let tombstones = 100_000
        package static let sizes = 1000
        package static let images = 10_000
        package static let keys = 10_000
        package static let projects = 10_000
        package static let accounts = 100_000
        package static let tokens = 200_000
        package static let tokensOfAccount = 100
        package static let operationsInProject = 20_000
        package static let labels = 64
        package static let volumes = 100_000
        package static let volumesPerInstance = AttachedVolume.ports
        package static let snapshotsPerInstance = 64
        package static let pools = 32
        package static let expiry = Milliseconds(seconds: 10 * 366 * 86_400)
        package static let seedBytes = 1 << 30
        package static let seedBytesAtOnce = 16 << 20
        package static let nodes = 100_000
        package static let joinTokens = 100_000
        package static let taintsOrTraits = 256
        package static let stopTimeout = Milliseconds(seconds: 3600)
    }
}

/// How many nodes may be lost at once before automatic recovery stops.
package struct RecoverySettings: Hashable, Sendable {
    /// In thousandths of the nodes that there were; one node is always allowed.
    package var maxLostShare: Int
    /// Nodes lost within this time of each other were lost at once.
    package var window: Milliseconds

    package init(maxLostShare: Int = 200, window: Milliseconds = Milliseconds(seconds: 600)) {
        self.maxLostShare = maxLostShare
        self.window = window
    }
}

/// From when on a node that only its own guard fences, and that holds fenced instances, is fenced by the configured command.
package enum FenceMoment: String, Hashable, Sendable, CaseIterable { case suspect, lost }
