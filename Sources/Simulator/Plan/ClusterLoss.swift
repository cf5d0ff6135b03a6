import ClusterModel

/// A cluster as somebody has it, and those of its machines that lose power at once and for good: nothing else goes wrong.
package struct ClusterLoss: Sendable {
    /// One instance of it.
    package struct Workload: Hashable, Sendable {
        package var name: Name
        /// One of `sizes`.
        package var size: Name
        package var labels: Labels
        package var groups: [Name]
        package var constraints: Constraints
        package var policy: PlacementPolicy?
        package var recovery: RecoveryPolicy

        package init(
            name: Name, size: Name, labels: Labels = Labels(), groups: [Name] = [], constraints: Constraints = Constraints(),
            policy: PlacementPolicy? = nil, recovery: RecoveryPolicy = .fenced
        ) {
            self.name = name
            self.size = size
            self.labels = labels
            self.groups = groups
            self.constraints = constraints
            self.policy = policy
            self.recovery = recovery
        }
    }

    package var shape: ClusterShape
    package var sizes: [Size]
    package var workloads: [Workload]
    /// Places among the shape's machines.
    package var lost: [Int]
    package var timing: SimulationPlan.TimingProfile
    /// An operator lets recovery go on, ten seconds after the brake has held it.
    package var isResumed: Bool

    package init(
        shape: ClusterShape, sizes: [Size], workloads: [Workload], lost: [Int], timing: SimulationPlan.TimingProfile = .standard,
        isResumed: Bool = false
    ) {
        self.shape = shape
        self.sizes = sizes
        self.workloads = workloads
        self.lost = lost
        self.timing = timing
        self.isResumed = isResumed
    }

    /// All that was launched runs by then.
    package var at: Moment { .zero + .seconds(2) + filling + .seconds(60) }
    package var length: Span { (at - .zero) + Span(timing.lease.wait) + .seconds(300) }

    private var filling: Span { max(.seconds(20), .milliseconds(workloads.count * 5)) }

    package var plan: SimulationPlan {
        let span = filling.nanoseconds
        let intents = workloads.indices.map { index in
            Intent(
                at: .zero + .seconds(2) + Span(nanoseconds: span * Int64(index) / Int64(max(1, workloads.count))),
                client: index % SimulationPlan.clients, kind: .launchWorkload, pick: index)
        }
        let faults = lost.map { Fault(at: at, lasts: length, kind: .machineCrash(node: $0)) }
        // The run ends before anything is mended.
        return SimulationPlan(faults: faults, intents: intents, timing: timing, calmFrom: .zero + length + .seconds(1))
    }
}
