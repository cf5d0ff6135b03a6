import ClusterModel

/// What one run showed.
package struct RunResult: Sendable {
    package var seed: UInt64
    package var violation: Violation?
    package var traceHash: UInt64
    package var simulated: Span
    package var happenings: Int
    package var acknowledged: Int
    /// Of a run that was traced.
    package var trace: [String]
}

package enum SimulationRun {
    package static func run(_ settings: SimulationSettings, plan: SimulationPlan? = nil) -> RunResult {
        let world = World(settings, plan: plan ?? SimulationPlan(settings))
        world.run()
        return RunResult(
            seed: settings.seed, violation: world.invariants.violation, traceHash: world.hash, simulated: world.now - .zero, happenings: world.steps,
            acknowledged: world.clients.reduce(0) { $0 + $1.acknowledged }, trace: world.trace)
    }
}
