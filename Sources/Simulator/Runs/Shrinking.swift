import ClusterModel

/// Makes a failure small: the fewest faults and requests of the same plan that still break the same promise.
package struct Shrinking {
    package private(set) var plan: SimulationPlan
    package private(set) var violation: Violation
    private let settings: SimulationSettings
    private var runsLeft: Int

    /// Nil where the run breaks nothing.
    package init?(_ settings: SimulationSettings, runs: Int = 600) {
        var settings = settings
        settings.isTracing = false
        plan = SimulationPlan(settings)
        guard let violation = SimulationRun.run(settings, plan: plan).violation else { return nil }
        self.violation = violation
        self.settings = settings
        runsLeft = runs
        // What comes after the failure has not brought it about.
        if violation.at < plan.calmFrom {
            plan.faults.removeAll { $0.at > violation.at }
            plan.intents.removeAll { $0.at > violation.at }
        }
        shrink(\.faults)
        shrink(\.intents)
        shrink(\.faults)
    }

    /// Leaves out ever smaller parts, as long as what is left fails alike.
    private mutating func shrink<Element>(_ part: WritableKeyPath<SimulationPlan, [Element]>) {
        var size = max(1, plan[keyPath: part].count / 2)
        while true {
            var start = 0
            var hasShrunk = false
            while start < plan[keyPath: part].count, runsLeft > 0 {
                var smaller = plan
                let end = min(start + size, smaller[keyPath: part].count)
                smaller[keyPath: part].removeSubrange(start..<end)
                runsLeft -= 1
                if let found = SimulationRun.run(settings, plan: smaller).violation, found.promise == violation.promise {
                    plan = smaller
                    violation = found
                    hasShrunk = true
                } else {
                    start = end
                }
            }
            guard runsLeft > 0, size > 1 || hasShrunk else { return }
            size = max(1, size / 2)
        }
    }

    /// The trace of what is left.
    package func trace() -> [String] {
        var settings = settings
        settings.isTracing = true
        return SimulationRun.run(settings, plan: plan).trace
    }
}
