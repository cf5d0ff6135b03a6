import ClusterModel
import ControllerDecisions
import Placement

/// Everything that there is in one run, and the one thread that goes from happening to happening.
final class World {
    let settings: SimulationSettings
    let plan: SimulationPlan
    let planted: PlantedFault?
    let isTracing: Bool
    let ledgerSettings: LedgerSettings
    let heartbeat: HeartbeatTiming
    let lease: LeaseTiming
    let image: Image

    private(set) var now = Moment.zero
    private var heap = EventHeap()
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var steps = 0
    private(set) var trace: [String] = []

    var network: Network
    var store = SimulatedStore()
    private(set) var nodes: [SimulatedNode] = []
    private(set) var numbers: [NodeID: Int] = [:]
    private(set) var controllers: [ControllerProcess] = []
    private(set) var clients: [SimulatedClient] = []
    private(set) lazy var invariants = Invariants(self, nodes: nodes.count)
    /// The controller that shall serve.
    var serving = 0
    var wallJump = Span.zero
    var isCalm = false
    /// An old controller may still serve beside the new one.
    var isSplit = false
    var chance: SeededGenerator
    private var tickets = 0

    init(_ settings: SimulationSettings, plan: SimulationPlan) {
        self.settings = settings
        self.plan = plan
        planted = settings.planted
        isTracing = settings.isTracing
        lease = plan.timing.lease
        var chance = SeededGenerator(seed: settings.seed, stream: 2)
        image = Self.image(chance.id())
        self.chance = chance
        let wait = settings.planted == .waitTooShort ? LeaseTiming.fast.wait : lease.wait
        heartbeat = HeartbeatTiming(interval: lease.renew, suspectAfter: Milliseconds(lease.wait.count / 4), lostAfter: wait)
        ledgerSettings = LedgerSettings(
            defaultSize: Self.name("tiny"), defaultImage: image.name, policy: settings.shape.policy,
            recovery: RecoverySettings(maxLostShare: settings.planted == .brakeOff ? 1000 : RecoverySettings().maxLostShare))
        network = Network(links: settings.shape.machines.count + 1, seed: settings.seed)
        for (index, machine) in settings.shape.machines.enumerated() { nodes.append(SimulatedNode(world: self, index: index, machine: machine)) }
        for node in nodes { numbers[node.id] = node.index }
        let limit = LeaseTiming.clockRate
        controllers = (0..<2).map { ControllerProcess(world: self, number: $0, rate: self.chance.pick([limit, -limit, 0])) }
        clients = (0..<SimulationPlan.clients).map { SimulatedClient(world: self, index: $0) }
    }

    static func name(_ text: String) -> Name {
        guard let name = try? Name(text) else { preconditionFailure("“\(text)” is no name") }
        return name
    }

    private static func image(_ id: ImageID) -> Image {
        guard let digest = Digest(hex: String(repeating: "a", count: 64)) else { preconditionFailure("64 digits are a digest") }
        return Image(
            id: id, name: name("tiny"), digest: digest, format: .linux, architecture: .x86_64, bytes: 1 << 20, minimumDisk: .zero,
            createdAt: Timestamp(milliseconds: 0))
    }

    /// Operators are people: in some clusters nobody looks.
    var hasEagerOperator: Bool { settings.loss?.isResumed ?? (settings.seed % 3 != 0) }

    // MARK: Time

    func push(_ happening: Happening, at moment: Moment) { heap.push(happening, at: max(moment, now)) }
    func push(_ happening: Happening, after span: Span) { heap.push(happening, at: now + span) }

    /// The moment at which somebody who is stopped can go on with it.
    func deferred(until moment: Moment) -> Moment? { moment > now ? moment : nil }

    func nextTicket() -> Int {
        tickets += 1
        return tickets
    }

    func run() {
        for node in nodes { push(.machineBoots(node: node.index, boot: 0), after: .milliseconds(chance.below(1000))) }
        push(.controllerStarts(controller: 0, life: 0), after: .zero)
        for (index, fault) in plan.faults.enumerated() { push(.faultBegins(index), at: fault.at) }
        for (index, intent) in plan.intents.enumerated() { push(.intent(index), at: intent.at) }
        push(.calmBegins, at: plan.calmFrom)
        let end = Moment.zero + settings.length
        while invariants.violation == nil, !invariants.isSettled, let next = heap.pop() {
            guard next.at <= end else {
                now = end
                break
            }
            now = next.at
            steps += 1
            hash = (hash ^ UInt64(bitPattern: next.at.nanoseconds)) &* 0x0000_0100_0000_01B3
            hash = (hash ^ next.happening.signature) &* 0x0000_0100_0000_01B3
            happen(next.happening)
        }
        if invariants.violation == nil, settings.loss == nil { invariants.end() }
    }

    // MARK: The trace

    func note(_ text: @autoclosure () -> String) {
        guard isTracing else { return }
        trace.append("\(now)  \(text())")
        if trace.count > 60_000 { trace.removeFirst(20_000) }
    }

    func name(_ id: InstanceID) -> String { invariants.record(id)?.instance.name.text ?? String(id.description.prefix(8)) }

    /// What controllers grant by.
    var grantedLease: LeaseTiming { planted == .waitTooShort ? .fast : lease }
}
