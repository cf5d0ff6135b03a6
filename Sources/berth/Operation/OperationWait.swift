import ClusterAPI
import ClusterModel

/// Waits until operations are over, and says meanwhile how they are.
struct OperationWait {
    let client: APIClient
    let progress: ProgressLine
    let timeout: Milliseconds

    /// Throws the first failure, when all are over.
    func finish(_ operations: [InstanceOperation]) async throws {
        let end = ContinuousClock.now + timeout.duration
        var running = operations
        var failed: [InstanceOperation] = []
        var pause = Duration.milliseconds(40)
        while true {
            var still: [InstanceOperation] = []
            let client = client
            for current in try await running.concurrentMap({ try await client.operation($0.id.description) }) {
                switch current.state {
                case .running: still.append(current)
                case .failed, .cancelled: failed.append(current)
                case .succeeded: break
                }
            }
            running = still
            guard let first = running.first else { break }
            try await show(running, of: operations)
            guard .now < end else { throw await late(first, count: running.count) }
            try await Task.sleep(for: min(pause, max(.milliseconds(1), end - .now)))
            pause = min(pause * 1.5, .milliseconds(500))
        }
        if let first = failed.first {
            let more = failed.count > 1 ? " (and \(failed.count - 1) more)" : ""
            let fate = first.state == .cancelled ? "was cancelled" : "failed"
            let why = first.message.map { ": \(Printable($0, limit: 500))" } ?? ""
            throw CommandFailure(.failed, "\(first.kind.rawValue) of \(first.instanceName) \(fate)\(why)\(more)")
        }
    }

    private func show(_ running: [InstanceOperation], of all: [InstanceOperation]) async throws {
        guard all.count == 1, let only = running.first else {
            return progress.show("waiting", done: Int64(all.count - running.count), of: Int64(all.count))
        }
        if let transfer = only.progress, transfer.total > 0 {
            return progress.show("\(only.instanceName): \(MigrationText.of(transfer))")
        }
        do {
            let instance = try await client.instance(only.instance.description)
            let reason = instance.status.reason.map { " (\(Printable($0, limit: 120)))" } ?? ""
            progress.show("\(instance.name): \(instance.status.state.rawValue)\(reason)")
        } catch let error as ErrorBody where error.code == .notFound {
            progress.show("\(only.instanceName): \(only.kind.rawValue)")
        }
    }

    private func late(_ operation: InstanceOperation, count: Int) async -> CommandFailure {
        let state = (try? await client.instance(operation.instance.description)).map { ", the instance is \($0.status.state.rawValue)" } ?? ""
        let others = count > 1 ? " and \(count - 1) more" : ""
        return CommandFailure(
            .timedOut,
            "\(operation.kind.rawValue) of \(operation.instanceName)\(others) is not done after \(timeout)\(state); "
                + "it goes on: see it with `berth operation show \(operation.id)`")
    }
}
