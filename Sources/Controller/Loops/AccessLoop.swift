import ClusterModel
import ControllerDecisions

/// Writes down what nothing waits for: denied requests, and once a minute when tokens were last used.
struct AccessLoop: Sendable {
    let controller: Controller
    private static let tick = Duration.milliseconds(500)
    private static let ticksToUses: UInt64 = 120

    func run() async {
        var ticks: UInt64 = 0
        while !Task.isCancelled, !controller.isStopping {
            try? await Task.sleep(for: Self.tick)
            ticks &+= 1
            let uses = ticks.isMultiple(of: Self.ticksToUses) ? controller.access.takeUses() : []
            guard !uses.isEmpty || controller.writer.hasNotes else { continue }
            // A refusal has been logged by the writer; the next minute says it again.
            _ = try? await controller.writer.submit(.access(.tokensUsed(uses)))
        }
    }
}
