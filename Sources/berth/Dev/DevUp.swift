import ArgumentParser
import ClusterAPI
import ClusterModel
import Planner

struct DevUp: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start a controller and agents on this machine, and point the context “dev” at them.",
        discussion: """
            berth dev up                              three agents that run real VMs
            berth dev up --synthetic --nodes 1000     a thousand nodes without one VM
            berth dev up --cluster cluster-configs/three-racks.yaml

            A second `up` starts what has ended meanwhile, and changes nothing else.
            """)

    @Option(help: ArgumentHelp("How many nodes; 3 when nothing else is said.", valueName: "number"), transform: ArgumentText.positive)
    var nodes: Int?

    @Flag(help: "Nodes whose VMs exist in memory only, all in one process.")
    var synthetic = false

    @Option(help: ArgumentHelp("The nodes and sizes of a cluster file.", valueName: "file"), completion: .file(extensions: ["yaml"]))
    var cluster: String?

    @Option(help: ArgumentHelp("An image to import as “tiny”, the default of `berth launch`.", valueName: "file"), completion: .file())
    var image: String?

    @OptionGroup var options: DevOptions

    func validate() throws {
        if nodes != nil, cluster != nil { throw ValidationError("--nodes and --cluster both say how many nodes there are: give one of them") }
    }

    func run() async throws {
        let directory = try DevDirectory(options.directory)
        let lock = try directory.lock()
        defer { withExtendedLifetime(lock) {} }
        let progress = ProgressLine(quiet: options.quiet)
        defer { progress.end() }
        let known = try DevState.read(directory)
        if let known { try refuseOtherShape(than: known) }
        let begun = DevStart(directory: directory, progress: progress)
        do {
            let state = try await begun.start(known: known, plan: known == nil ? try plan() : nil)
            if let image { try await importTiny(image, state, directory, progress) }
            progress.end()
            report(state, known: known != nil, started: begun.startedNames, took: progress.elapsed)
        } catch {
            progress.show("cleaning up")
            // The task may be cancelled; the cleaning is not.
            await Task { await begun.takeBack(known: known) }.value
            throw error
        }
    }

    private func plan() throws -> DevPlan {
        guard let cluster else { return try DevPlan.equal(nodes ?? 3, synthetic: synthetic) }
        let plan = DevPlan(try ClusterFile(contentsOf: cluster), synthetic: synthetic)
        guard !plan.nodes.isEmpty else { throw CommandFailure(.usage, "\(cluster) has no nodes to start") }
        return plan
    }

    private func refuseOtherShape(than known: DevState) throws {
        let wanted = try cluster == nil ? nodes : plan().nodes.count
        guard let wanted, wanted != known.expectedNodes else { return }
        throw CommandFailure(.conflict, "a cluster of \(known.expectedNodes) nodes is up already: end it first with `berth dev down`")
    }

    private func importTiny(_ file: String, _ state: DevState, _ directory: DevDirectory, _ progress: ProgressLine) async throws {
        let client = APIClient(transport: try state.transport(directory))
        let name = try Name("tiny")
        guard try await !client.images().whole().items.contains(where: { $0.name == name }) else { return }
        progress.show("importing \(file) as tiny")
        let format = try ImageFileName.format(file)
        var description = ImageDescription(name: name, format: format, architecture: ImageFileName.thisArchitecture)
        description.isPublic = true
        _ = try await client.importImage(description, file: file)
    }

    private func report(_ state: DevState, known: Bool, started: [String], took: Duration) {
        guard !options.quiet else { return }
        let nodes = "\(state.expectedNodes) node\(state.expectedNodes == 1 ? "" : "s")"
        let outcome =
            switch (known, started.isEmpty) {
            case (true, true): "is up already"
            case (true, false): "is up again, with \(started.joined(separator: ", ")) started anew"
            case (false, _): "is up after \(HumanText.took(took))"
            }
        StandardError.write("controller at \(state.endpoint) and \(nodes): the cluster \(outcome); the context is “\(DevStart.contextName)”\n")
    }
}
