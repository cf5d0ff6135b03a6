import ArgumentParser
import ClusterAPI
import ClusterModel

struct NodeDrain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Empty a node: move its instances away, place nothing new on it.",
        discussion: """
            Running instances migrate live and stopped ones cold, with their disks, where another node can take them over as they are.
            Of the others, fenced and ephemeral ones move: each ends here, and begins anew elsewhere once that is confirmed.
            Those that can do neither are stopped with --stop. The plan is shown first.
              berth node drain n1 --dry-run         what goes where, and what can't
              berth node drain n1 --stop --yes
              berth node uncordon n1                takes instances again, and starts what was stopped
            """)

    @Argument(help: "A name or an id.", transform: ArgumentText.reference)
    var node: String

    @Flag(help: "Stop the instances that can't move.")
    var stop = false

    @Flag(help: "Show the plan and change nothing.")
    var dryRun = false

    @Option(
        help: ArgumentHelp(
            "How many move at once, at most: \(DrainOrder.parallels.lowerBound) to \(DrainOrder.parallels.upperBound); 4 when absent.",
            valueName: "number"), transform: ArgumentText.positive)
    var parallel: Int?

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let request = DrainRequest(stop: stop ? true : nil, parallel: parallel)
        let planned = try await client.drainPlan(node, request)
        let name = planned.node.node.name
        try show(planned)
        let stuck = planned.plan.items.filter { $0.action == .stuck }
        if let first = stuck.first {
            let more = stuck.count > 1 ? " (and \(stuck.count - 1) more)" : ""
            throw CommandFailure(.conflict, "\(name) can't be drained: \(first.name)\(more) \(first.reason ?? "can't move")")
        }
        if dryRun { return }
        let migrations = planned.plan.items.count { $0.action == .live || $0.action == .cold }
        let moves = planned.plan.items.count { $0.action == .move }
        let stops = planned.plan.items.count { $0.action == .stop }
        try Confirmation.ask("Drain \(name), migrate \(migrations), move \(moves) and stop \(stops)?", yes: yes)
        _ = try await client.drain(node, request)
        guard waiting.wait ?? true else { return }
        Interrupt.setNotice("the drain goes on: see it with `berth node show \(name)`, end it with `berth node uncordon \(name)`")
        try await finish(client, name)
    }

    private func show(_ answer: DrainAnswer) throws {
        switch output.output {
        case .json: try StandardOutput.write(Rendering.json(answer.plan))
        case .yaml: try StandardOutput.write(Rendering.yaml(answer.plan))
        case .name: for item in answer.plan.items { try StandardOutput.write("\(item.name)\n") }
        case .table, .wide: try StandardOutput.write(DrainText.of(answer.plan))
        }
    }

    private func finish(_ client: APIClient, _ name: Name) async throws {
        let progress = ProgressLine(quiet: connection.quiet)
        defer { progress.end() }
        let end = ContinuousClock.now + waiting.timeout.duration
        var pause = Duration.milliseconds(50)
        while true {
            guard let drain = try await client.node(node).drain else {
                throw CommandFailure(.failed, "the drain of \(name) was ended by an uncordon")
            }
            if drain.order.finishedAt != nil { break }
            progress.show("\(name): \(DrainText.of(drain))")
            guard .now < end else {
                throw CommandFailure(.timedOut, "\(name) is not drained after \(waiting.timeout), \(DrainText.of(drain)); it goes on")
            }
            try await Task.sleep(for: min(pause, max(.milliseconds(1), end - .now)))
            pause = min(pause * 1.5, .milliseconds(500))
        }
        progress.end()
        if !connection.quiet { StandardError.write("\(name): drained\n") }
    }
}
