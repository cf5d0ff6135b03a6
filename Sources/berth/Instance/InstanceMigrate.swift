import ArgumentParser
import ClusterAPI
import ClusterModel

struct InstanceMigrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Take an instance to another node, with its disk and its volumes: live while it runs, cold when it is stopped.",
        discussion: """
            The guest runs on until what is left can be sent within the downtime limit; then it stands still until it goes on elsewhere.
              berth instance migrate web                           to the node that placement finds best
              berth instance migrate web --to n2 --bandwidth 100
              berth operation cancel ID                            it stays where it is
            """)

    @Argument(help: "A name or an id.", transform: ArgumentText.reference)
    var instance: String

    @Option(help: ArgumentHelp("The node it goes to.", valueName: "node"), transform: ArgumentText.reference)
    var to: String?

    @Flag(help: "Only if it is running.")
    var live = false

    @Flag(help: "Only if it is stopped.")
    var cold = false

    @Option(help: ArgumentHelp("At most so many MiB a second.", valueName: "MiB/s"), transform: ArgumentText.positive)
    var bandwidth: Int?

    @Option(
        help: ArgumentHelp("How long the guest may stand still, in milliseconds; 100 when absent.", valueName: "ms"), transform: ArgumentText.positive
    )
    var maxDowntime: Int?

    @OptionGroup var waiting: WaitOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if live, cold { throw ValidationError("--live and --cold say opposite things") }
    }

    func run() async throws {
        let client = try connection.client()
        let progress = ProgressLine(quiet: connection.quiet)
        defer { progress.end() }
        let answer = try await client.migrate(
            instance,
            MigrateRequest(
                node: to, live: live ? true : cold ? false : nil, bandwidth: bandwidth.map { MiB(Int64($0)) },
                maxDowntime: maxDowntime.map { Milliseconds(Int64($0)) }))
        guard let operation = answer.operation else { return }
        if waiting.wait ?? true {
            Interrupt.setNotice(
                "the migration goes on: see it with `berth operation show \(operation.id)`, end it with `berth operation cancel \(operation.id)`")
            try await OperationWait(client: client, progress: progress, timeout: waiting.timeout).finish([operation])
        }
        progress.end()
        let shown = waiting.wait ?? true ? try await client.instance(answer.instance.id.description) : answer.instance
        switch output.output {
        case .table, .wide:
            guard !connection.quiet else { return }
            let node = shown.placement.map { " to \($0.nodeName)" } ?? ""
            StandardError.write(waiting.wait ?? true ? "\(shown.name): migrated\(node)\n" : "\(shown.name): to be migrated\n")
        case .json, .yaml, .name: try StandardOutput.write(InstanceTable.presentation(now: .now).text(of: shown, as: output.output))
        }
    }
}
