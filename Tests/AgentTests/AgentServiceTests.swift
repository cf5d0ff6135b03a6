import Agent
import ClusterAPI
import ClusterModel
import Foundation
import Synchronization
import Testing

/// A controller that holds syncs and answers with what the test puts in.
private final class ScriptedController: Transport {
    struct State {
        var epoch: Int64 = 1
        var revision: Int64 = 1
        var desired: [DesiredInstance] = []
        var sent: Int64 = 0
        var requests: [SyncRequest] = []
        var observed: [InstanceID: ObservedInstance] = [:]
        var isDown = false
    }

    let state = Mutex(State())

    func want(_ instance: DesiredInstance) {
        state.withLock { state in
            state.desired.removeAll { $0.id == instance.id }
            state.desired.append(instance)
            state.revision += 1
        }
    }

    var requests: [SyncRequest] { state.withLock { $0.requests } }
    func observed(_ id: InstanceID) -> ObservedInstance? { state.withLock { $0.observed[id] } }

    func send(_ request: HTTPRequest) async throws -> HTTPAnswer {
        guard case .bytes(let body) = request.body else { throw TransportError.timedOut(endpoint: "test") }
        let sync = try JSONDecoder().decode(SyncRequest.self, from: body)
        if state.withLock({ $0.isDown }) { throw TransportError.unreachable(endpoint: "test", why: "it is down") }
        state.withLock { state in
            state.requests.append(sync)
            for observed in sync.observed { state.observed[observed.id] = observed }
        }
        let deadline = ContinuousClock.now + sync.hold.duration
        while ContinuousClock.now < deadline, state.withLock({ $0.revision }) == sync.seen { try await Task.sleep(for: .milliseconds(5)) }
        let answer = state.withLock { state in
            SyncAnswer(
                epoch: Epoch(state.epoch), interval: Milliseconds(seconds: 20), revision: state.revision, full: sync.seen == 0,
                desired: sync.seen == state.revision ? [] : state.desired, needsFull: false, streams: [])
        }
        return HTTPAnswer(status: 200, headers: [:], body: try JSONEncoder().encode(answer))
    }

    func stream(_ request: HTTPRequest) async throws -> (HTTPAnswer, AsyncThrowingStream<Data, any Error>) {
        throw TransportError.timedOut(endpoint: "test")
    }
}

@Suite("the agent")
struct AgentServiceTests {
    private func configuration(_ scratch: Scratch) -> AgentConfiguration {
        var configuration = AgentConfiguration(controller: "http://127.0.0.1:1", name: name("n1"), dataDirectory: scratch.file("data"))
        configuration.vmm = .synthetic
        configuration.cpu = MilliCPU(vcpus: 4)
        configuration.memory = MiB(4096)
        configuration.disk = MiB(10240)
        configuration.synthetic.startDelay = Milliseconds(5)
        configuration.synthetic.stopDelay = Milliseconds(5)
        return configuration
    }

    private func running(
        _ configuration: AgentConfiguration, _ controller: ScriptedController, _ body: (AgentService) async throws -> Void
    ) async throws {
        let agent = try AgentService(configuration: configuration, logger: quiet, version: "test", transport: controller)
        let task = Task { try await agent.run() }
        defer { task.cancel() }
        try await body(agent)
        task.cancel()
        try await task.value
    }

    @Test("it registers, takes up a launch, tells each change at once, and forgets what is gone", .timeLimit(.minutes(1)))
    func life() async throws {
        let scratch = try Scratch()
        let controller = ScriptedController()
        try await running(configuration(scratch), controller) { agent in
            _ = try await eventually("a held sync") { controller.requests.contains { $0.hold > .zero }.orNil }
            let first = try #require(controller.requests.first)
            #expect(first.registration?.name == name("n1"))
            #expect(first.registration?.capacity.total.memory == MiB(4096))
            #expect(first.registration?.capacity.reserved == .zero)
            #expect(first.full && first.seen == 0)
            var instance = desired(TinyGuest.reference(Data([1]), .linux))
            let began = ContinuousClock.now
            controller.want(instance)
            let seen = try await eventually("it runs") {
                controller.observed(instance.id).flatMap { $0.state == .running ? $0 : nil }
            }
            // Far sooner than the interval of twenty seconds.
            #expect(ContinuousClock.now - began < .seconds(10))
            #expect(seen.generation == 1)
            instance.generation = 2
            instance.desired = .deleted
            controller.want(instance)
            _ = try await eventually("it is gone") { (controller.observed(instance.id)?.state == .absent).orNil }
        }
    }

    @Test("a controller of a term that is over is not obeyed, also after a restart of the agent", .timeLimit(.minutes(1)))
    func epochs() async throws {
        let scratch = try Scratch()
        let controller = ScriptedController()
        controller.state.withLock { $0.epoch = 7 }
        try await running(configuration(scratch), controller) { _ in
            _ = try await eventually("the epoch is known") { controller.requests.contains { $0.highestEpoch == Epoch(7) }.orNil }
        }
        let old = ScriptedController()
        old.state.withLock { $0.epoch = 6 }
        let instance = desired(TinyGuest.reference(Data([1]), .linux))
        old.want(instance)
        try await running(configuration(scratch), old) { _ in
            _ = try await eventually("it asked several times") { (old.requests.count >= 3).orNil }
            #expect(old.requests.allSatisfy { $0.highestEpoch == Epoch(7) && $0.seen == 0 })
            #expect(old.observed(instance.id) == nil)
        }
    }

    @Test("what happens while the controller is away is told when it is back", .timeLimit(.minutes(1)))
    func away() async throws {
        let scratch = try Scratch()
        let controller = ScriptedController()
        var configuration = configuration(scratch)
        configuration.synthetic.startDelay = Milliseconds(300)
        try await running(configuration, controller) { _ in
            let instance = desired(TinyGuest.reference(Data([1]), .linux))
            controller.want(instance)
            _ = try await eventually("it starts") { (controller.observed(instance.id)?.state == .starting).orNil }
            controller.state.withLock { $0.isDown = true }
            try await Task.sleep(for: .milliseconds(600))
            #expect(controller.observed(instance.id)?.state == .starting)
            controller.state.withLock { $0.isDown = false }
            _ = try await eventually("it runs") { (controller.observed(instance.id)?.state == .running).orNil }
        }
    }

    @Test("two agents never share a data directory, and a node keeps its id")
    func identity() throws {
        let scratch = try Scratch()
        var first: NodeIdentity? = try NodeIdentity(directory: scratch.file("data"))
        let id = first?.id
        let failure = #expect(throws: WorkFailure.self) { try NodeIdentity(directory: scratch.file("data")) }
        #expect(failure?.description.hasPrefix("another agent uses") == true)
        try first?.keep(Epoch(3))
        first = nil
        let second = try NodeIdentity(directory: scratch.file("data"))
        #expect(second.id == id)
        #expect(second.highestEpoch == Epoch(3))
    }

    @Test("a synthetic start that shall fail fails, is tried again, and says why", .timeLimit(.minutes(1)))
    func failing() async throws {
        let scratch = try Scratch()
        let controller = ScriptedController()
        var configuration = configuration(scratch)
        configuration.synthetic.failEvery = 2
        try await running(configuration, controller) { _ in
            let instances = (0..<2).map { desired(TinyGuest.reference(Data([1]), .linux), name: "i\($0)") }
            for instance in instances { controller.want(instance) }
            _ = try await eventually("both run") {
                instances.allSatisfy { controller.observed($0.id)?.state == .running }.orNil
            }
        }
        let reasons = controller.requests.flatMap(\.observed).compactMap(\.reason)
        #expect(reasons.contains("starting the VMM failed: the synthetic VMM fails every 2. start (attempt 1 of 6)"))
    }

    @Test("a thousand synthetic nodes have ids of their own that last")
    func fleet() throws {
        let ids = Set((0..<1000).map { SyntheticFleet.id(of: name("n\($0)")) })
        #expect(ids.count == 1000)
        #expect(SyntheticFleet.id(of: name("n1")).description == SyntheticFleet.id(of: name("n1")).description)
    }

    @Test("the check names what is missing and the command that mends it")
    func check() async throws {
        let scratch = try Scratch()
        var configuration = configuration(scratch)
        configuration.qemu = "/nowhere/qemu"
        configuration.cage = LocalNode.cage
        configuration.dataDirectory = "/proc/nowhere"
        let findings = await AgentCheck(configuration: configuration).findings()
        let qemu = findings.first { $0.name == "qemu" }
        #expect(qemu?.state == .missing)
        #expect(qemu?.remedy == "apt-get install --no-install-recommends qemu-system-x86")
        #expect(findings.first { $0.name == "cage" }?.state == .ok)
        #expect(findings.first { $0.name == "data directory" }?.state == .missing)
        #expect(findings.allSatisfy { $0.state != .missing || $0.remedy != nil })
    }
}
