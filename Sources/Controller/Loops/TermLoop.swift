import ClusterModel
import ControllerDecisions

/// Proves the term again where no commit has done so of late, and ends it when a node has obeyed a higher one.
struct TermLoop: Sendable {
    /// A node has obeyed this epoch, so the next term must be above it.
    struct Outranked: Error { var by: Epoch }

    let controller: Controller

    private static let tick = Duration.milliseconds(250)

    func run() async throws {
        while !Task.isCancelled, !controller.isStopping {
            if let epoch = controller.sessions.outrankedBy { throw Outranked(by: epoch) }
            // The store notes the proof; a store that can't answer lets the last one grow old.
            if controller.sessions.wantsProof { _ = try? await controller.store.observe() }
            try? await Task.sleep(for: Self.tick)
        }
    }
}
