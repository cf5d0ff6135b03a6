import ArgumentParser
import ClusterAPI
import ClusterModel

struct Wait: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Wait until an instance is in a state.",
        discussion: """
            berth wait web --for running --timeout 60s
            berth wait web --for deleted
            """)

    @Argument(help: "A name or an id.", transform: ArgumentText.reference)
    var instance: String

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("\(InstanceState.allCases.map(\.rawValue).joined(separator: ", ")), or deleted.", valueName: "state"),
        transform: { try WaitGoal($0) })
    var goal = WaitGoal.state(.running)

    @Option(help: ArgumentHelp("How long to wait, such as 60s.", valueName: "time"), transform: ArgumentText.time)
    var timeout = Milliseconds(seconds: 300)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let progress = ProgressLine(quiet: connection.quiet)
        defer { progress.end() }
        let end = ContinuousClock.now + timeout.duration
        var pause = Duration.milliseconds(50)
        while true {
            let current = try await present(client)
            switch goal.judge(current?.status) {
            case .reached: return
            case .never(let why): throw CommandFailure(current == nil ? .notFound : .failed, "\(instance) \(why)")
            case .notYet: progress.show("\(instance): \(current?.status.state.rawValue ?? "deleted")")
            }
            guard .now < end else {
                let state = current?.status.state.rawValue ?? "deleted"
                throw CommandFailure(.timedOut, "\(instance) is “\(state)” after \(timeout), and not “\(goal)”")
            }
            try await Task.sleep(for: min(pause, max(.milliseconds(1), end - .now)))
            pause = min(pause * 1.5, .milliseconds(500))
        }
    }

    private func present(_ client: APIClient) async throws -> Instance? {
        do { return try await client.instance(instance) } catch let error as ErrorBody where error.code == .notFound { return nil }
    }
}

package enum WaitGoal: Hashable, CustomStringConvertible, Sendable {
    case state(InstanceState)
    case deleted

    package enum Verdict: Hashable {
        case reached, notYet
        case never(String)
    }

    package init(_ text: String) throws {
        if text == "deleted" {
            self = .deleted
        } else if let state = InstanceState(rawValue: text) {
            self = .state(state)
        } else {
            throw ArgumentText.Invalid(description: "write deleted, or one of \(InstanceState.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    package var description: String {
        switch self {
        case .state(let state): state.rawValue
        case .deleted: "deleted"
        }
    }

    /// `status` is nil for an instance that does not exist.
    package func judge(_ status: InstanceStatus?) -> Verdict {
        switch (self, status) {
        case (.deleted, nil): .reached
        case (.deleted, _): .notYet
        case (.state, nil): .never("does not exist")
        case (.state(let wanted), let status?) where status.state == wanted: .reached
        case (.state(let wanted), let status?) where status.state == .failed && wanted != .deleting:
            .never("has failed\(status.reason.map { ": \(Printable($0, limit: 300))" } ?? ""); start it again or delete it")
        case (.state, _): .notYet
        }
    }
}
