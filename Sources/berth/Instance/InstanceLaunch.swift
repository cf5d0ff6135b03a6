import ArgumentParser
import ClusterAPI
import ClusterModel

struct InstanceLaunch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "launch",
        abstract: "Launch an instance, or several.",
        discussion: """
            berth launch                                    the default size and image, a name of the controller's
            berth launch web --size small --label tier=front
            berth launch dev --image debian --key laptop --user-data setup.yaml
            berth launch db --require rack=r1 --restart on-failure
            berth launch api --count 3 --group api --anti-affinity api@rack --all-or-none
            berth launch big --size large --dry-run         where would it go, and why nowhere else?
            """)

    @OptionGroup var launch: LaunchOptions

    @Flag(help: "Say where it would go and why, and change nothing.")
    var dryRun = false

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        if dryRun { return try await showDryRun(client) }
        let progress = ProgressLine(quiet: connection.quiet)
        defer { progress.end() }
        let answer = try await client.launch(try launch.requestWithFiles())
        let names = answer.instances.map(\.name.text)
        for instance in answer.instances { progress.note(Self.welcome(instance)) }
        var failure: (any Error)?
        // What waits in the queue may wait for days; only who asks to wait does.
        if waiting.wait ?? !launch.queue, !answer.operations.isEmpty {
            if let name = names.first { Interrupt.setNotice("the launch goes on: see it with `berth instance show \(name)`") }
            let wait = OperationWait(client: client, progress: progress, timeout: waiting.timeout)
            do { try await wait.finish(answer.operations) } catch { failure = error }
        }
        progress.end()
        try await show(answer.instances, client)
        if let failure { throw failure }
        guard answer.unplaced == 0 else {
            let reasons = answer.noPlacement.map { "\n" + RefusalText.of($0) } ?? ""
            throw CommandFailure(.noCapacity, "\(answer.unplaced) of \(answer.unplaced + names.count) found no room\(reasons)")
        }
    }

    private static func welcome(_ instance: Instance) -> String {
        guard let placement = instance.placement else { return "\(instance.name): waits for room" }
        return "\(instance.name): placed on \(placement.nodeName)"
    }

    /// As they are now; one that is gone already is shown as it was answered.
    private func show(_ launched: [Instance], _ client: APIClient) async throws {
        let current = try await launched.concurrentMap { instance in
            do { return try await client.instance(instance.id.description) } catch is ErrorBody { return instance }
        }
        try StandardOutput.write(InstanceTable.presentation(now: .now).text(of: current, as: output.output))
    }

    private func showDryRun(_ client: APIClient) async throws {
        let answer = try await client.dryRun(try launch.requestWithFiles())
        switch output.output {
        case .json: try StandardOutput.write(Rendering.json(answer))
        case .yaml: try StandardOutput.write(Rendering.yaml(answer))
        case .name:
            for explanation in answer.explanations { try StandardOutput.write("\(ExplanationText.chosenName(explanation) ?? "-")\n") }
        case .table, .wide:
            for (number, explanation) in answer.explanations.enumerated() {
                let title = answer.explanations.count > 1 ? "\(number + 1) of \(answer.explanations.count): " : ""
                try StandardOutput.write(title + ExplanationText.of(explanation, wide: output.output == .wide))
            }
        }
        guard answer.explanations.allSatisfy({ $0.chosen != nil }) else { throw CommandFailure(.noCapacity, "it would not be placed: no node fits") }
    }
}
