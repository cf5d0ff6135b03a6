import ClusterAPI
import ClusterModel
import Foundation

/// A controller and agents as separate processes on loopback, in a directory of their own.
final class Cluster: @unchecked Sendable {
    let scratch: Scratch
    private(set) var endpoint = ""
    private(set) var controller: RunningProcess
    private var agents: [String: RunningProcess] = [:]
    private var networks: [String: NodeNetwork] = [:]
    private let controllerConfiguration: String
    private let givenDirectory: String?

    struct Shape {
        var heartbeat = "{interval: 500ms, suspectAfter: 2s, lostAfter: 5s}"
        /// In place of the heartbeat.
        var lease: String?
        /// Nodes by name, each with the lines that its agent's configuration has beside the usual ones.
        var nodes: [(name: String, lines: String)] = []
        /// Of every node, where it isn't beside the configuration files.
        var dataDirectory: String?
        /// Each agent in a network namespace of its own.
        var hasNetworks = false
        /// Before the agent in it starts.
        var prepareNetwork: (@Sendable (NodeNetwork) async throws -> Void)?

        static func synthetic(_ count: Int, lines: String = "") -> Shape {
            var shape = Shape()
            for number in 1...count {
                shape.nodes.append(
                    ("n\(number)", "vmm: synthetic\ncapacity: {cpu: \"8\", memory: 16GiB, disk: 200GiB}\nlabels: {rack: r\(number)}\n\(lines)"))
            }
            return shape
        }

        static func qemu(_ count: Int, lines: String = "", dataDirectory: String? = nil) -> Shape {
            var shape = Shape()
            shape.dataDirectory = dataDirectory
            for number in 1...count {
                shape.nodes.append(
                    (
                        "n\(number)",
                        "vmm: qemu\naccelerator: tcg\ncapacity: {cpu: \"4\", memory: 4GiB, disk: 20GiB}\nlabels: {rack: r\(number)}\n\(lines)"
                    ))
            }
            return shape
        }
    }

    private init(scratch: Scratch, shape: Shape) throws {
        self.scratch = scratch
        givenDirectory = shape.dataDirectory
        controllerConfiguration = try scratch.write(
            """
            security: none
            listen: 127.0.0.1:0
            access: open
            dataDirectory: \(scratch.url.path)/c
            \(shape.lease.map { "lease: \($0)" } ?? "heartbeat: \(shape.heartbeat)")
            """, to: "controller.yaml")
        controller = try Self.startController(controllerConfiguration, scratch)
    }

    /// Runs `body` on a cluster whose nodes are all alive, and takes everything down again, last in, first out.
    static func run<Value: Sendable>(_ shape: Shape, _ body: (Cluster) async throws -> Value) async throws -> Value {
        let cluster = try Cluster(scratch: Scratch("it"), shape: shape)
        do {
            try await cluster.waitForController()
            for node in shape.nodes {
                if shape.hasNetworks {
                    let network = try await NodeNetwork(number: cluster.networks.count, controller: cluster.endpoint)
                    cluster.networks[node.name] = network
                    try await shape.prepareNetwork?(network)
                }
                try cluster.writeAgentConfiguration(node.name, lines: node.lines)
                try cluster.startAgent(node.name)
            }
            try await cluster.waitForNodes(shape.nodes.count)
            let value = try await body(cluster)
            await cluster.tearDown()
            return value
        } catch {
            print("The cluster's logs, since the test failed:\n\(cluster.logs())")
            await cluster.tearDown()
            throw error
        }
    }

    private static func startController(_ configuration: String, _ scratch: Scratch) throws -> RunningProcess {
        try? FileManager.default.removeItem(atPath: "\(scratch.url.path)/c/endpoint")
        return try RunningProcess(
            Executable.berth, ["controller", "run", "--config", configuration], environment: [:], directory: scratch.url, name: "controller")
    }

    // MARK: - The controller

    func waitForController() async throws {
        endpoint = try await eventually("the controller listens", within: 30) {
            guard controller.isRunning else { throw NeverHappened(what: "the controller ended: \(controller.errors())", seconds: 0) }
            let text = try? String(contentsOfFile: "\(scratch.url.path)/c/endpoint", encoding: .utf8)
            guard let text = text?.trimmingCharacters(in: .whitespacesAndNewlines), !text.isEmpty else { return nil }
            return text
        }
        // The next start takes the same port, so that agents find it again.
        let port = endpoint.split(separator: ":").last.map(String.init) ?? "0"
        let text = try String(contentsOfFile: controllerConfiguration, encoding: .utf8)
        try text.replacingOccurrences(of: "127.0.0.1:0\n", with: "127.0.0.1:\(port)\n").write(
            toFile: controllerConfiguration, atomically: true, encoding: .utf8)
    }

    func killController() async {
        controller.kill(SIGKILL)
        _ = await controller.waitForExit(timeout: 10)
    }

    func restartController() async throws {
        controller = try Self.startController(controllerConfiguration, scratch)
        try await waitForController()
    }

    // MARK: - Agents

    func dataDirectory(of node: String) -> String { givenDirectory ?? "\(scratch.url.path)/\(node)" }
    func configuration(of node: String) -> String { "\(scratch.url.path)/\(node).yaml" }

    private func writeAgentConfiguration(_ name: String, lines: String) throws {
        let controller = networks[name]?.endpoint ?? endpoint
        _ = try scratch.write(
            "controller: \(controller)\nname: \(name)\ndataDirectory: \(dataDirectory(of: name))\nrunDirectory: \(dataDirectory(of: name))/run\n\(lines)\n",
            to: "\(name).yaml")
    }

    func startAgent(_ name: String) throws {
        let words = ["agent", "run", "--config", configuration(of: name)]
        let (program, arguments) = networks[name]?.words(Executable.berth, words) ?? (Executable.berth, words)
        agents[name] = try RunningProcess(program, arguments, environment: [:], directory: scratch.url, name: name)
    }

    func agentPid(_ name: String) -> Int32? { agents[name]?.pid }

    func network(of node: String) throws -> NodeNetwork {
        guard let network = networks[node] else { throw NeverHappened(what: "\(node) has a network of its own", seconds: 0) }
        return network
    }

    func killAgent(_ name: String, signal: Int32 = SIGKILL) async {
        agents[name]?.kill(signal)
        _ = await agents[name]?.waitForExit(timeout: 15)
    }

    func signalAgent(_ name: String, _ signal: Int32) { agents[name]?.kill(signal) }

    // MARK: - The command line

    @discardableResult
    func berth(_ arguments: String..., timeout: Double = 60) async throws -> Executable.Result {
        try await Executable.run(
            arguments, environment: ["BERTH_ENDPOINT": endpoint, "XDG_CONFIG_HOME": scratch.url.path, "NO_COLOR": "1"], timeout: timeout)
    }

    /// Like `berth`, but anything other than exit code 0 is an error.
    @discardableResult
    func succeed(_ arguments: String..., timeout: Double = 60) async throws -> Executable.Result {
        let result = try await Executable.run(
            arguments, environment: ["BERTH_ENDPOINT": endpoint, "XDG_CONFIG_HOME": scratch.url.path, "NO_COLOR": "1"], timeout: timeout)
        guard result.exitCode == 0 else { throw CommandFailed(command: arguments, result: result) }
        return result
    }

    func instance(_ name: String) async throws -> Instance {
        try await succeed("instance", "show", name, "-o", "json").decoded(as: Instance.self)
    }

    func nodeView(_ name: String) async throws -> NodeView {
        try await succeed("node", "show", name, "-o", "json").decoded(as: NodeView.self)
    }

    func node(_ name: String) async throws -> Node { try await nodeView(name).node }

    func wait(for health: Node.Health, of node: String, within seconds: Double = 30) async throws {
        _ = try await eventually("\(node) is \(health)", within: seconds) { try await self.node(node).health == health ? true : nil }
    }

    func waitForNodes(_ count: Int) async throws {
        _ = try await eventually("\(count) nodes are alive", within: 60, every: .milliseconds(200)) {
            let result = try await berth("node", "list", "-o", "json")
            let alive = result.output.components(separatedBy: "\"alive\"").count - 1
            return alive >= count ? true : nil
        }
    }

    // MARK: - The end

    func logs() -> String {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: scratch.url.path)) ?? []
        return files.filter { $0.hasSuffix(".err") }.sorted().map { file in
            let text = (try? String(contentsOfFile: "\(scratch.url.path)/\(file)", encoding: .utf8)) ?? ""
            return "--- \(file)\n\(text.suffix(6000))"
        }.joined(separator: "\n")
    }

    private func tearDown() async {
        for name in agents.keys.sorted() { agents[name]?.kill(SIGTERM) }
        for name in agents.keys.sorted() where await agents[name]?.waitForExit(timeout: 10) == nil { await killAgent(name) }
        endGuests()
        controller.kill(SIGTERM)
        if await controller.waitForExit(timeout: 10) == nil { await killController() }
        for network in networks.values { await network.remove() }
        scratch.remove()
    }

    /// VMMs and their cages outlive their agents by design: the test ends those whose command line names its own directory.
    private func endGuests() {
        for directory in [scratch.url.path, givenDirectory ?? scratch.url.path] {
            for pid in processes(mentioning: directory + "/") { kill(pid, SIGKILL) }
        }
    }

    /// Pids of processes, other than this one, whose command line contains `text`.
    func processes(mentioning text: String) -> [Int32] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap(Int32.init).filter { pid in
            guard pid != getpid(), let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
            return String(decoding: data, as: UTF8.self).contains(text)
        }.sorted()
    }

    /// Pids of the instance's QEMUs, on whichever node.
    func guests(of instance: InstanceID) -> [Int32] {
        processes(mentioning: "-uuid\0\(instance)").filter { executable(of: $0).contains("qemu") }
    }

    /// The path of the program that a process runs; empty once it is gone.
    func executable(of pid: Int32) -> String { (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe")) ?? "" }
}

struct CommandFailed: Error, CustomStringConvertible {
    var command: [String]
    var result: Executable.Result
    var description: String { "berth \(command.joined(separator: " ")): \(result)" }
}
