import ArgumentParser
import ClusterAPI
import ClusterModel

/// What start, stop, reboot, delete, adopt and destroy share: they take instances one after another, and wait for all of them together.
struct InstanceChangeOptions: ParsableArguments {
    @Argument(help: "Names or ids.", transform: ArgumentText.reference)
    var instances: [String]

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    /// `done` is the word for each that succeeded: "started".
    func perform(_ done: String, _ change: @Sendable (APIClient, String) async throws -> InstanceAnswer) async throws {
        let client = try connection.client()
        let progress = ProgressLine(quiet: connection.quiet)
        defer { progress.end() }
        var answers: [InstanceAnswer] = []
        for instance in instances { answers.append(try await change(client, instance)) }
        let operations = answers.compactMap(\.operation)
        if waiting.wait ?? true, !operations.isEmpty {
            Interrupt.setNotice("what was begun goes on: see it with `berth operation list`")
            try await OperationWait(client: client, progress: progress, timeout: waiting.timeout).finish(operations)
        }
        progress.end()
        try show(answers, done: done)
    }

    private func show(_ answers: [InstanceAnswer], done: String) throws {
        switch output.output {
        case .table, .wide:
            guard !connection.quiet else { return }
            for answer in answers {
                let waited = answer.operation == nil || waiting.wait ?? true
                StandardError.write("\(answer.instance.name): \(waited ? done : "to be \(done)")\n")
            }
        case .json, .yaml, .name:
            try StandardOutput.write(InstanceTable.presentation(now: .now).text(of: answers.map(\.instance), as: output.output))
        }
    }
}
