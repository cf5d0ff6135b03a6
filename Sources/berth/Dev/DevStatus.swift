import ArgumentParser
import ClusterAPI
import ClusterModel

struct DevStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what `dev up` started. Ends with 0 when all of it is well, 1 when something is not, 3 when nothing is up.")

    @OptionGroup var output: OutputOptions
    @OptionGroup var options: DevOptions

    struct Line: Codable {
        var name: String
        var pid: Int32?
        var running: Bool
        var health: String?
        var log: String
    }

    func run() async throws {
        let directory = try DevDirectory(options.directory)
        guard let state = try DevState.read(directory) else { throw CommandFailure(.notFound, "no cluster is up in \(directory.path)") }
        let nodes = await nodes(of: state, directory)
        let lines = state.processNames.map { name in
            let process = state.processes.first { $0.name == name }
            let running = process?.isRunning ?? false
            return Line(
                name: name, pid: running ? process?.pid : nil, running: running, health: health(of: name, nodes, state),
                log: directory.log(of: name))
        }
        try StandardOutput.write(Self.presentation.text(of: lines, as: output.output))
        let alive = nodes?.count { $0.node.health == .alive } ?? 0
        if !options.quiet, output.output == .table || output.output == .wide {
            StandardError.write("controller at \(state.endpoint), \(alive) of \(state.expectedNodes) nodes alive\n")
        }
        guard lines.allSatisfy(\.running), alive >= state.expectedNodes else { throw ExitStatus.failed }
    }

    /// Nil where the controller does not answer.
    private func nodes(of state: DevState, _ directory: DevDirectory) async -> [NodeView]? {
        guard let transport = try? state.transport(directory) else { return nil }
        return try? await APIClient(transport: transport, pauses: []).nodes().whole().items
    }

    private func health(of name: String, _ nodes: [NodeView]?, _ state: DevState) -> String? {
        switch name {
        case "controller": nodes == nil ? "does not answer" : "ready"
        case DevState.fleetName:
            nodes.map { nodes in "\(nodes.count { $0.node.health == .alive && !state.nodes.contains($0.node.name.text) }) alive" }
        default: nodes?.first { $0.node.name.text == name }?.node.health.rawValue
        }
    }

    private static var presentation: Presentation<Line> {
        Presentation(
            columns: [
                Column("NAME") { $0.name },
                Column("RUNNING") { $0.running ? "yes" : "no" },
                Column("PID", .right) { $0.pid.map { "\($0)" } ?? "" },
                Column("HEALTH") { $0.health ?? "" },
                Column("LOG") { $0.log },
            ], name: { $0.name })
    }
}
