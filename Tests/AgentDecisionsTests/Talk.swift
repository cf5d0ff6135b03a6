import AgentDecisions
import ClusterModel

/// A conversation with its clock and the request that is on its way.
struct Talk {
    var conversation: SyncConversation
    var now = Duration.seconds(1000)
    var sent: SentSync?

    static let registration = NodeRegistration(
        name: try! Name("n1"), labels: Labels(), taints: [],
        facts: NodeFacts(
            architecture: .x86_64, kvm: .absent, vmm: .synthetic, vmmVersion: "1", agentVersion: "1", kernel: "6", traits: [], overhead: .zero),
        capacity: Capacity(total: .zero))

    static let observed = ObservedInstance(id: Sample.id, name: try! Name("web-1"), generation: 1, state: .running, resources: .zero)

    static func answer(
        epoch: Int64 = 1, revision: Int64 = 1, full: Bool = false, needsFull: Bool = false, interval: Int64 = 3000, lease: Int64? = nil
    ) -> SyncAnswer {
        SyncAnswer(
            epoch: Epoch(epoch), interval: Milliseconds(interval), revision: revision, full: full, desired: [], needsFull: needsFull, streams: [],
            lease: lease.map { LeaseGrant(length: Milliseconds(seconds: $0)) })
    }

    init(epoch: Int64 = 0, kept: Duration? = nil) {
        conversation = SyncConversation(bootID: "b", session: "s", highestEpoch: Epoch(epoch), lease: NodeLease(kept: kept))
    }

    @discardableResult
    mutating func say(_ observed: [ObservedInstance] = []) -> SyncRequest {
        let sent = conversation.send(registration: Self.registration, observed: observed, at: now)
        self.sent = sent
        return sent.request
    }

    /// What came to the latest request, or to the given one.
    @discardableResult
    mutating func hear(_ answer: SyncAnswer, to earlier: SentSync? = nil) throws -> SyncConversation.News {
        guard let sent = earlier ?? sent else { fatalError("nothing was said") }
        return try conversation.accept(answer, to: sent, at: now)
    }

    mutating func pass(_ seconds: Double) { now += .seconds(seconds) }
}
