import ClusterAPI
import ClusterModel
import Foundation
import Testing

/// A node whose agent is this test: it says what it is told to say.
struct PlayedNode: Sendable {
    let controller: RunningController
    let id: NodeID
    let registration: NodeRegistration
    var session = UUID().uuidString
    var seen: Int64 = 0
    var observed: [InstanceID: ObservedInstance] = [:]
    var desired: [InstanceID: DesiredInstance] = [:]

    init(_ controller: RunningController, name: String, cpus: Int64 = 8, memory: Int64 = 16384, id: NodeID = .random(), labels: [Label] = []) throws {
        self.controller = controller
        self.id = id
        registration = NodeRegistration(
            name: try Name(name), labels: Labels(labels), taints: [],
            facts: NodeFacts(
                architecture: .x86_64, kvm: .absent, vmm: .synthetic, vmmVersion: "1", agentVersion: "test", kernel: "6.1", traits: [],
                overhead: MiB(0)),
            capacity: Capacity(total: Resources(cpu: MilliCPU(vcpus: cpus), memory: MiB(memory), disk: MiB(1 << 20))))
    }

    func request(full: Bool, observed: [ObservedInstance], hold: Milliseconds = .zero, registers: Bool? = nil) -> SyncRequest {
        SyncRequest(
            bootID: "boot", session: session, highestEpoch: Epoch(0), seen: seen, registration: registers ?? full ? registration : nil, full: full,
            observed: observed, hold: hold)
    }

    @discardableResult
    mutating func sync(full: Bool = false, _ changes: [ObservedInstance] = [], hold: Milliseconds = .zero) async throws -> SyncAnswer {
        let answer: SyncAnswer = try await controller.post(
            "/v1/nodes/\(id)/sync", request(full: full, observed: full ? Array(observed.values) : changes, hold: hold))
        if answer.full { desired = [:] }
        for instance in answer.desired { desired[instance.id] = instance }
        if !answer.needsFull { seen = answer.revision }
        return answer
    }

    /// Registers and says that nothing is here.
    mutating func join() async throws { try await sync(full: true) }

    /// Does at once whatever is desired, and reports it.
    mutating func obey() async throws {
        try await sync()
        var changes: [ObservedInstance] = []
        for (id, instance) in desired.sorted(by: { $0.key < $1.key }) {
            let state: ObservedInstance.State =
                switch instance.desired {
                case .running: .running
                case .stopped: .stopped
                case .deleted: .absent
                }
            let now = ObservedInstance(
                id: id, name: instance.name, generation: instance.generation, state: state, pid: state == .running ? 42 : nil,
                reboots: instance.reboots, resources: instance.resources)
            if observed[id] != now { changes.append(now) }
            observed[id] = state == .absent ? nil : now
            if state == .absent { desired[id] = nil }
        }
        if !changes.isEmpty { try await sync(changes) }
    }
}
