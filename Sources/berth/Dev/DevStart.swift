import Agent
import ClusterAPI
import ClusterModel
import Glibc
import Synchronization

/// Brings a dev cluster up, step by step, and remembers what it did so that it can be taken back.
final class DevStart: Sendable {
    static let contextName = "dev"
    private static let patience = Duration.seconds(60)

    private let directory: DevDirectory
    private let progress: ProgressLine
    private let started = Mutex<[DevProcess]>([])
    private let wroteContext = Mutex(false)

    init(directory: DevDirectory, progress: ProgressLine) {
        self.directory = directory
        self.progress = progress
    }

    var startedNames: [String] { started.withLock { $0.map(\.name) } }

    /// `plan` makes a new cluster; without one, `known` is made whole again.
    func start(known: DevState?, plan: DevPlan?) async throws -> DevState {
        var state = try known ?? prepare(plan)
        try startMissing("controller", ["controller", "run"], &state)
        try await waitForAuthority(state)
        try await waitUntilReady(APIClient(transport: try state.transport(directory), pauses: []), state)
        // With the token that the controller has written down by now.
        let client = APIClient(transport: try state.transport(directory), pauses: [])
        if let plan { for size in plan.sizes { try await create(size, client) } }
        for node in state.nodes {
            if state.isSecure { try await join(node, client) }
            try startMissing(node, ["agent", "run"], &state)
        }
        if state.fleet > 0 { try startMissing(DevState.fleetName, ["dev", "fleet", "--controller", state.endpoint], &state) }
        try await waitForNodes(client, state)
        try setContext(&state)
        return state
    }

    /// Ends what this start began; a cluster that was there before keeps the rest.
    func takeBack(known: DevState?) async {
        for process in started.withLock({ $0 }).reversed() { _ = await process.stop() }
        guard known == nil else { return }
        let state = try? DevState.read(directory)
        if let state, wroteContext.withLock({ $0 }) { try? DevContext.restore(state) }
        if let state { directory.remove(state.processNames) }
        DevState.forget(directory)
        directory.removeIfEmpty()
    }

    private func prepare(_ plan: DevPlan?) throws -> DevState {
        let plan = try plan ?? DevPlan.equal(3, synthetic: false)
        let port = try LoopbackPort.free()
        let endpoint = "\(plan.isSecure ? "https" : "http")://127.0.0.1:\(port)"
        let agents = plan.nodes.filter { !$0.isSynthetic }
        let fleet = plan.nodes.filter(\.isSynthetic)
        let state = DevState(endpoint: endpoint, nodes: agents.map(\.name.text), fleet: fleet.count, processes: [], previousContext: nil)
        for name in state.processNames where name == "controller" || name == DevState.fleetName {
            guard !state.nodes.contains(name) else { throw CommandFailure(.usage, "a node of a dev cluster can't be named “\(name)”") }
        }
        try write("controller", plan.controllerText(port: port, data: directory.data(of: "controller")))
        for node in agents { try write(node.name.text, DevPlan.agentText(node, controller: endpoint, data: directory.data(of: node.name.text))) }
        if !fleet.isEmpty { try write(DevState.fleetName, DevPlan.fleetText(fleet)) }
        // Before anything is started, so that `down` knows of it.
        try state.write(directory)
        return state
    }

    private func write(_ process: String, _ text: String) throws {
        try UserDirectory.replace(directory.configuration(of: process), with: text, mode: 0o600)
    }

    private func startMissing(_ name: String, _ command: [String], _ state: inout DevState) throws {
        try Task.checkCancellation()
        if let place = state.processes.firstIndex(where: { $0.name == name }) {
            if state.processes[place].isRunning { return }
            state.processes.remove(at: place)
        }
        progress.show("starting \(name)")
        let arguments = command + ["--config", directory.configuration(of: name)]
        let process = try DevProcess.start(name, arguments: arguments, log: directory.log(of: name))
        started.withLock { $0.append(process) }
        state.processes.append(process)
        try state.write(directory)
    }

    private func create(_ size: Size, _ client: APIClient) async throws {
        do { _ = try await client.create(size) } catch let error as ErrorBody where error.code == .conflict {}
    }

    /// Where a node has no certificate yet, or one that will not do.
    private func join(_ node: String, _ client: APIClient) async throws {
        let configuration = try AgentConfiguration(contentsOf: directory.configuration(of: node))
        if let kept = try? NodeCertificateFiles(directory: configuration.dataDirectory).read(), kept.isOfUse { return }
        progress.show("joining \(node)")
        do {
            let token = try await client.createJoinToken(JoinTokenRequest(node: configuration.name, ttl: Milliseconds(seconds: 60)))
            _ = try await NodeJoining(configuration).join(token: token.token)
        } catch let failure as WorkFailure {
            throw CommandFailure(.failed, "\(node) could not join: \(failure)")
        }
    }

    // MARK: Waiting

    private func waitForAuthority(_ state: DevState) async throws {
        guard state.isSecure else { return }
        let file = directory.authority
        try await poll("the controller has made no authority", state) { access(file, R_OK) == 0 ? .isSo : .notYet(0) }
    }

    private func waitUntilReady(_ client: APIClient, _ state: DevState) async throws {
        progress.show("waiting for the controller")
        try await poll("the controller is not ready", state) {
            do { return try await client.isReady(timeout: .seconds(2)) ? .isSo : .notYet(0) } catch is TransportError { return .notYet(0) }
        }
    }

    private func waitForNodes(_ client: APIClient, _ state: DevState) async throws {
        let progress = progress
        try await poll("not all nodes are alive", state) {
            let alive = try await client.cluster().nodesByHealth[Node.Health.alive.rawValue] ?? 0
            progress.show("waiting for \(state.expectedNodes) nodes", done: Int64(alive), of: Int64(state.expectedNodes))
            return alive >= state.expectedNodes ? .isSo : .notYet(alive)
        }
    }

    private enum Finding {
        case isSo
        /// How far it has come.
        case notYet(Int)
    }

    /// Asks until it is so, and as long as it comes further; a process that has ended meanwhile is the answer why it never will be.
    private func poll(_ what: String, _ state: DevState, _ find: () async throws -> Finding) async throws {
        var end = ContinuousClock.now + Self.patience
        var furthest = 0
        while case .notYet(let far) = try await find() {
            if far > furthest {
                furthest = far
                end = .now + Self.patience
            }
            if let ended = state.processes.first(where: { !$0.isRunning }) {
                throw CommandFailure(.failed, "\(ended.name) has ended; the end of its log:\n\(directory.tail(ofLog: ended.name, lines: 5))")
            }
            guard .now < end else {
                throw CommandFailure(
                    .timedOut, "\(what), and for \(Self.patience.components.seconds)s nothing came of it; see the logs in \(directory.path)")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func setContext(_ state: inout DevState) throws {
        wroteContext.withLock { $0 = true }
        try DevContext.set(&state, directory)
        try state.write(directory)
    }
}

/// The context “dev” in a person's context file, beside which the others stay as they are.
enum DevContext {
    static func set(_ state: inout DevState, _ directory: DevDirectory) throws {
        guard let path = ContextFile.standardPath else { return }
        var file = try ContextFile.read(path) ?? ContextFile()
        if file.current != DevStart.contextName { state.previousContext = file.current }
        let authority = state.isSecure ? directory.authority : nil
        file.set(.init(name: DevStart.contextName, endpoint: state.endpoint, token: directory.adminToken, ca: authority))
        file.current = DevStart.contextName
        try file.write(path)
    }

    /// The context that was current before is so again, where nobody has chosen another since.
    static func restore(_ state: DevState) throws {
        guard let path = ContextFile.standardPath, var file = try ContextFile.read(path) else { return }
        guard file.contexts.contains(where: { $0.name == DevStart.contextName && $0.endpoint == state.endpoint }) else { return }
        file.remove(DevStart.contextName)
        if file.current == DevStart.contextName {
            file.current = state.previousContext.flatMap { name in file.contexts.contains { $0.name == name } ? name : nil }
        }
        if file == ContextFile() { unlink(path) } else { try file.write(path) }
    }
}
