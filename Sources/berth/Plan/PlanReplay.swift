import ArgumentParser
import ClusterModel
import Planner

struct PlanReplay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Play a trace of VM arrivals and departures against equal nodes, under one policy or several.",
        discussion: """
            FILE is CSV with a first line of column names; `.xz` and `.gz` are unpacked. Numbers are taken
            in the trace's own units, and --node is written in the same. A start before 0 means that the VM
            was there from the beginning, an end of `inf` that it outlives the trace. Without --nodes the
            fewest nodes are searched that refuse nothing, and node-hours are counted on 1.3 times the bound.
            With --state-at the answer is the cluster at that moment, as a file that --cluster reads; a unit
            of the trace is written as ten CPUs or 10000 MiB there, so that nothing is lost.
            """)

    enum TimeUnit: String, CaseIterable, ExpressibleByArgument {
        case second, minute, hour, day

        var length: Milliseconds {
            switch self {
            case .second: Milliseconds(seconds: 1)
            case .minute: Milliseconds(seconds: 60)
            case .hour: Milliseconds(seconds: 3600)
            case .day: Milliseconds(seconds: 86_400)
            }
        }
    }

    @Argument(help: "The trace.")
    var file: String

    @Option(
        help: ArgumentHelp("Which column is what.", valueName: "id=…,vcpus=…,memory=…,start=…,end=…"), transform: PlanArguments.columns)
    var columns: TraceColumns = TraceColumns()

    @Option(help: "The unit of the trace's times: second, minute, hour or day. Ratios depend on it with --lifetimes only.")
    var timeUnit: TimeUnit = .second

    @Option(help: ArgumentHelp("One node, in the trace's units.", valueName: "vcpus=…,memory=…"), transform: PlanArguments.node)
    var node: ReplayNode

    @Option(help: "A policy; say it again to compare several.", transform: PlanArguments.policy)
    var policy: [PlacementPolicy] = []

    @Option(help: "How many nodes there are, instead of searching the fewest.", transform: ArgumentText.positive)
    var nodes: Int?

    @Option(help: ArgumentHelp("Write the cluster at that moment instead, on as many nodes as the policy opens.", valueName: "time"))
    var stateAt: Double?

    @Flag(help: "Tell the policy when each VM ends, as --expires-in does for an instance.")
    var lifetimes = false

    @Flag(name: [.short, .long], help: "Show no progress on standard error.")
    var quiet = false

    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        guard let stateAt else { return }
        guard stateAt.isFinite else { throw ValidationError("--state-at must be a finite time, in the trace's unit.") }
        guard policy.count <= 1, nodes == nil, !lifetimes else {
            throw ValidationError("--state-at takes one policy, and no --nodes or --lifetimes.")
        }
    }

    func run() async throws {
        let progress = ProgressLine(quiet: quiet)
        defer { progress.end() }
        progress.show("reading \(file)")
        var reader = TraceReader(columns: columns, file: file)
        try reader.consume(try await TraceFile.bytes(of: file))
        let trace = try reader.finish()
        if let stateAt {
            let snapshot = try trace.snapshot(at: stateAt, node: node, policy: policy.first ?? .pack)
            progress.end()
            return try StandardOutput.write(ClusterFile(name: try Name("replayed"), snapshot: snapshot).yaml())
        }
        var replays: [Replay] = []
        for policy in policy.isEmpty ? [.pack] : policy {
            replays.append(
                try Replay(
                    trace, node: node, policy: policy, nodes: nodes, lifetimeUnit: lifetimes ? timeUnit.length : nil,
                    sampleCount: answer.html == nil ? 0 : 480
                ) { what, done in
                    try Task.checkCancellation()
                    progress.show("\(policy.rawValue) \(what)", done: Int64(done * 1000), of: 1000)
                })
        }
        progress.end()
        try answer.show(ReplayComparison(replays), title: "Replay of \(file), time in \(timeUnit.rawValue)s")
    }
}
