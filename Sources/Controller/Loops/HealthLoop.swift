import ClusterModel
import ControllerDecisions

/// Looks at nodes whose silence is due to be noticed, and lets go of syncs and streams whose time is over.
/// A healthy cluster costs the ledger nothing, and a node one look for each time that it might have fallen silent.
struct HealthLoop: Sendable {
    let controller: Controller

    private static let tick = Duration.milliseconds(50)

    func run() async {
        var ticks: UInt64 = 0
        while !Task.isCancelled, !controller.isStopping {
            try? await Task.sleep(for: Self.tick)
            ticks &+= 1
            controller.sessions.releaseDue()
            if ticks.isMultiple(of: 5) {
                controller.streams.expire(at: .now)
                await checkHealth()
            }
            if ticks.isMultiple(of: 40) { await keepHouse() }
        }
    }

    /// A node that is lost here is granted no lease from this moment on, whether or not the ledger can say so.
    private func checkHealth() async {
        let due = controller.view.look { state in controller.sessions.due { state.nodes[$0]?.value.health } }
        guard !due.ages.isEmpty else { return }
        await submit(.healthTick(due.ages, uptime: due.uptime))
        controller.sessions.lossesAreSettled(due.lost)
    }

    private func keepHouse() async {
        controller.leaseTimes.follow(nodes: controller.view.nodes.rows.count, controller.sessions)
        if controller.view.look(\.hasWork) { await submit(.placePending(again: true)) }
        for instance in controller.view.look({ $0.expiries(at: .now) }).prefix(Self.expiredAtOnce) { await submit(.expire(instance, .random())) }
        if controller.view.look({ $0.capacityHistory.isDue(at: .now) }) { await submit(.sampleCapacity) }
        // Each takes a thousand; bounded, so that health is looked at in between.
        for _ in 0..<20 where controller.view.look(\.operations.count) > Self.keptOperations {
            await submit(.expireOperations(keep: Self.keptOperations))
        }
    }

    private static let expiredAtOnce = 64
    static let keptOperations = 50_000

    /// A refusal has been logged by the writer, and the next tick looks anew.
    private func submit(_ command: Command) async { _ = try? await controller.writer.submit(command) }
}
