import ClusterModel
import ControllerDecisions
import Logging
import Synchronization

/// Runs the configured fence command for the nodes that the ledger names, and tells the ledger how each run ended.
final class FenceLoop: Sendable {
    private let controller: Controller
    private let command: FenceCommand
    private let attempts = Mutex(FenceAttempts())

    private static let tick = Duration.milliseconds(250)

    init(controller: Controller, command: FenceCommand) {
        self.controller = controller
        self.command = command
    }

    func run() async {
        let began = ContinuousClock.now
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled, !controller.isStopping {
                let wanted = controller.view.look(\.nodesToFence)
                let due = attempts.withLock { $0.due(wanted, at: .now - began) }
                for run in due {
                    guard let node = wanted.first(where: { $0.id == run.node }) else { continue }
                    group.addTask {
                        await self.fence(node, run)
                        self.attempts.withLock { $0.ended(run, at: .now - began) }
                    }
                }
                try? await Task.sleep(for: Self.tick)
            }
            group.cancelAll()
        }
    }

    private func fence(_ node: Node, _ run: FenceAttempts.Run) async {
        controller.logger.warning("the fence command runs", metadata: ["node": "\(node.name)", "attempt": "\(run.attempt)"])
        let ending = await command.run(on: node)
        guard !Task.isCancelled else { return }
        let attempt = FenceAttempt(
            node: node.id, since: run.since, succeeded: ending.succeeded, attempt: run.attempt, attempts: FenceAttempts.limit,
            output: Printable(ending.output, limit: 400).description)
        // What can't be written now is written when the command is run again.
        _ = try? await controller.writer.submit(.fenced(attempt))
    }
}
