import ClusterModel
import ControllerDecisions

/// Looks again and again at how long nodes have been silent, and lets go of syncs and streams whose time is over.
/// The ledger is asked only when a node's health is due to change, so a healthy cluster costs it nothing.
struct HealthLoop: Sendable {
    let controller: Controller

    private static let tick = Duration.milliseconds(50)

    func run() async {
        var ticks: UInt64 = 0
        while !Task.isCancelled, !controller.isStopping {
            try? await Task.sleep(for: Self.tick)
            ticks &+= 1
            let now = ContinuousClock.now
            controller.sessions.release(at: now)
            if ticks.isMultiple(of: 5) {
                controller.streams.expire(at: now)
                await checkHealth(at: now)
            }
            if ticks.isMultiple(of: 40) { await keepHouse() }
        }
    }

    private func checkHealth(at now: ContinuousClock.Instant) async {
        let timing = controller.settings.timing
        let nodes = controller.view.nodes.rows
        var due: [Command.NodeAge] = []
        for row in nodes {
            let age = controller.sessions.silence(of: row.value.id, at: now)
            if row.value.health.afterSilence(of: age, timing: timing) != row.value.health {
                due.append(.init(node: row.value.id, age: age, wasHeard: controller.sessions.age(of: row.value.id, at: now) != nil))
            }
        }
        guard !due.isEmpty else { return }
        await submit(.healthTick(due))
    }

    private func keepHouse() async {
        if controller.view.look(\.hasWork) { await submit(.placePending(again: true)) }
        // Each takes a thousand; bounded, so that health is looked at in between.
        for _ in 0..<20 where controller.view.look(\.operations.count) > Self.keptOperations {
            await submit(.expireOperations(keep: Self.keptOperations))
        }
    }

    static let keptOperations = 50_000

    /// A refusal has been logged by the writer, and the next tick looks anew.
    private func submit(_ command: Command) async { _ = try? await controller.writer.submit(command) }
}
