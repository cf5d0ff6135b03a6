import ArgumentParser
import ClusterModel
import Planner
import Simulator

/// Somebody's own cluster instead of equal machines, and what of it is lost.
struct SimulatedCluster: ParsableArguments {
    @Option(help: ArgumentHelp("The nodes of a cluster file instead of --nodes; with --lose its instances too.", valueName: "file"))
    var cluster: String?

    @Option(
        help: ArgumentHelp(
            "Only this goes wrong: the nodes with this label, or the node with this name, lose power at once. May be given again.",
            valueName: "key=value|node"))
    var lose: [String] = []

    @Option(help: "With --lose: what the file's instances are, fenced or stay.")
    var recovery = RecoveryPolicy.fenced

    @Option(help: "With --lose: the profile of leases, standard or fast.")
    var lease = SimulationPlan.TimingProfile.standard

    @Flag(help: "With --lose: an operator resumes recovery ten seconds after it was held.")
    var resume = false

    private static let nodeLimit = 1000
    private static let instanceLimit = 10_000

    func validate() throws {
        guard lose.isEmpty || cluster != nil else { throw ValidationError("--lose goes with --cluster: name the file that has the nodes.") }
        guard !lose.isEmpty || (recovery == .fenced && lease == .standard && !resume) else {
            throw ValidationError("--recovery, --lease and --resume go with --lose.")
        }
    }

    /// Nil without a file.
    func shape() throws -> ClusterShape? { try cluster.map { try Self.shape(try ClusterFile(contentsOf: $0), $0) } }

    /// Nil without anything to lose.
    func loss() throws -> ClusterLoss? {
        guard !lose.isEmpty, let cluster else { return nil }
        let file = try ClusterFile(contentsOf: cluster)
        var shape = try Self.shape(file, cluster)
        let lost = try lose.flatMap { try Self.places($0, shape, cluster) }
        let names = file.instances.reduce(0) { $0 + $1.name.names.count }
        guard names <= Self.instanceLimit else {
            throw CommandFailure(.usage, "\(cluster) has \(names) instances; at most \(Self.instanceLimit) are simulated")
        }
        // Where the file says that an instance is, it begins there if there is room.
        for place in shape.machines.indices { shape.machines[place].registration.labels.set(try Self.home(shape.machines[place].registration.name)) }
        var sizes: [Size] = []
        var workloads: [ClusterLoss.Workload] = []
        for (number, entry) in file.instances.enumerated() {
            let size = Size(name: try Name("of-entry-\(number + 1)"), resources: entry.resources, traits: entry.constraints.traits)
            sizes.append(size)
            var constraints = entry.constraints
            if let node = entry.node { constraints.prefer.append(try Self.home(node)) }
            workloads += entry.name.names.map {
                ClusterLoss.Workload(
                    name: $0, size: size.name, labels: entry.labels, groups: entry.groups, constraints: constraints, policy: entry.policy,
                    recovery: recovery)
            }
        }
        return ClusterLoss(
            shape: shape, sizes: sizes, workloads: workloads, lost: Set(lost).sorted(), timing: lease, isResumed: resume)
    }

    private static func home(_ node: Name) throws -> Label { try Label(key: "simulated/home", value: node.text) }

    private static func shape(_ file: ClusterFile, _ path: String) throws -> ClusterShape {
        let machines = file.machines()
        guard !machines.isEmpty else { throw CommandFailure(.usage, "\(path) has no nodes") }
        guard machines.count <= nodeLimit else {
            throw CommandFailure(.usage, "\(path) has \(machines.count) nodes; at most \(nodeLimit) are simulated")
        }
        return ClusterShape(
            machines: machines.map { machine in
                ClusterShape.Machine(
                    registration: NodeRegistration(
                        name: machine.name, labels: machine.entry.labels, taints: machine.entry.taints,
                        facts: NodeFacts(
                            architecture: machine.entry.architecture, kvm: .absent, vmm: .synthetic, vmmVersion: "1", agentVersion: "1", kernel: "6",
                            traits: machine.entry.traits, overhead: machine.entry.overhead),
                        capacity: machine.entry.capacity))
            }, policy: file.policy)
    }

    private static func places(_ text: String, _ shape: ClusterShape, _ path: String) throws -> [Int] {
        let label = try? Label(text)
        let places = shape.machines.indices.filter { place in
            let registration = shape.machines[place].registration
            return registration.name.text == text || label.map { registration.labels.all.contains($0) } ?? false
        }
        guard !places.isEmpty else {
            throw CommandFailure(.usage, "--lose: \(path) has no node “\(Printable(text, limit: 80))” and none with such a label")
        }
        return places
    }
}

extension SimulationPlan.TimingProfile: ExpressibleByArgument {}

/// How a loss is told.
enum LossText {
    static let presentation = Presentation<LossReport.Moved>(
        columns: [
            Column("INSTANCE") { $0.name.text }, Column("FROM") { $0.from.text }, Column("TO") { $0.to?.text ?? "-" },
            Column("STATE") { $0.state.rawValue },
            Column("RUNS ELSEWHERE AFTER", .right) { $0.afterSeconds.map(seconds) ?? "-" },
        ], name: { $0.name.text })

    /// Sentences for people, beside the table.
    static func summary(of report: LossReport) -> String {
        let nodes = report.lostNodes.count
        var lines = [
            "\(nodes) of \(report.nodes) nodes lose power: \(report.lostNodes.prefix(8).map(\.text).joined(separator: ", "))\(nodes > 8 ? ", …" : "")"
        ]
        if let suspect = report.suspectAfterSeconds, let lost = report.lostAfterSeconds {
            lines.append("seen after \(seconds(suspect)), lost after \(seconds(lost))")
        }
        lines.append("\(report.elsewhere) of the \(report.instances.count) instances on them run elsewhere in the end")
        if let hold = report.hold { lines.append("recovery stands still: \(hold) Go on with “berth cluster recovery resume” (here: --resume).") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func seconds(_ time: Double) -> String { "\((time * 10).rounded() / 10)s" }
}
