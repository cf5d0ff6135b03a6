import ClusterAPI
import ClusterModel
import ControllerDecisions
import FoundationEssentials
import Hummingbird

/// `/v1/nodes/{node}/sync`: the one conversation with an agent.
extension Controller {
    /// A full report of ten thousand instances fits.
    static let syncLimit = 8 << 20
    /// A later term than this one by no more is this cluster's: each start of a controller begins one.
    private static let epochsAhead: Int64 = 1000

    /// Level-triggered: whatever was lost before, the answer makes this node know all that it shall do. Held while there is nothing to say.
    /// An idle sync costs no change of the ledger.
    func syncNode(_ call: APICall) async throws -> Response {
        let node = try nodeID(call.parameters[0])
        let body = try await JSONBody.read(call.request, limit: Self.syncLimit)
        let request = try JSONBody.decodeHot(SyncRequest.self, body)
        let health = view.look { $0.nodes[node]?.value.health }
        try checkSync(request, isKnown: health != nil)
        try checkName(request.registration, from: call.peer)
        let arrival = sessions.arrive(request, from: node, health: health)
        guard request.highestEpoch <= epoch else { throw outranked(by: request.highestEpoch) }
        switch arrival {
        case .unknown: return try .json(sessions.needsFull)
        case .quiet(let turn): return try .json(try await answer(turn))
        case .report(let turn):
            let report = NodeReport(
                node: node, registration: request.registration, full: request.full, observed: request.observed, storage: request.storage)
            let taken: Answer
            do throws(ErrorBody) {
                taken = try await reports.admit(node, full: request.full) { () throws(ErrorBody) in try await writer.submit(.report(report)) }
            } catch {
                guard error.code == .storageFull, turn.standsWithoutReport else { throw error }
                return try .json(try await answer(turn, unkept: error.message))
            }
            guard case .reported(known: true) = taken else { return try .json(sessions.needsFull) }
            sessions.reportIsKept(turn)
            return try .json(try await answer(turn))
        }
    }

    private func answer(_ turn: NodeConversations.Turn, unkept: String? = nil) async throws(ErrorBody) -> SyncAnswer {
        while true {
            let wakes = sessions.wakes(of: turn.node)
            let (desired, standing) = view.look { ($0.desiredSet(of: turn.node, seen: turn.seen), $0.leaseStanding(of: turn.node)) }
            let tidings = NodeConversations.Tidings(
                desired: desired, standing: standing, streams: streams.announce(to: turn.node), isStopping: isStopping)
            switch sessions.release(turn, tidings) {
            case .answer(var answer):
                answer.unkept = unkept
                return answer
            case .hold(let deadline): await sessions.hold(turn, until: deadline, since: wakes)
            case .overtaken: throw ErrorBody(code: .conflict, message: "A later sync of this node took the place of this one.")
            }
        }
    }

    private func checkSync(_ request: SyncRequest, isKnown: Bool) throws(ErrorBody) {
        for (text, field) in [(request.session, "session"), (request.bootID, "bootID")] {
            guard (1...128).contains(text.utf8.count) else { throw ErrorBody(code: .invalid, message: "\(field): 1 to 128 bytes are expected.") }
        }
        guard request.highestEpoch > epoch, !isKnown || request.highestEpoch.number - epoch.number > Self.epochsAhead else { return }
        throw ErrorBody(
            code: .conflict,
            message: "This node has obeyed a controller of epoch \(request.highestEpoch.number), and this one is only in epoch \(epoch.number): "
                + "it is another cluster's, or works on an old copy of the ledger.")
    }

    /// The certificate's name is the token's, and the token's was an operator's word.
    private func checkName(_ registration: NodeRegistration?, from peer: Peer) throws(ErrorBody) {
        guard case .node(let node) = peer, let registration, let name = view.look({ $0.enrolment.credentials[node]?.value.name }),
            name != registration.name
        else { return }
        throw ErrorBody(
            code: .conflict,
            message: "This node joined as “\(name)” and now calls itself “\(registration.name)”; keep the name, or remove the node and join it anew.")
    }

    private func outranked(by higher: Epoch) -> ErrorBody {
        ErrorBody(
            code: .unavailable,
            message: "This node has obeyed epoch \(higher.number), and this controller is in \(epoch.number): it begins a term above that; try again."
        )
    }

    /// After a commit: nodes whose desired specs changed are answered at once.
    static func wake(_ sessions: NodeSessions, after effects: Effects) {
        var nodes: Set<NodeID> = []
        for change in effects.changes {
            switch change.change {
            case .instance(let edit):
                guard let after = edit.after?.value, after.desiredRevision != edit.before?.value.desiredRevision else { continue }
                if let node = after.instance.placement?.node { nodes.insert(node) }
                if let peer = after.migration?.peer { nodes.insert(peer) }
            case .tombstone(let edit): if let after = edit.after { nodes.insert(after.value.node) }
            case .node(let edit): if edit.after == nil, let before = edit.before { sessions.forget(before.value.id) }
            case .volume(let edit):
                guard let after = edit.after?.value, after.desiredRevision != edit.before?.value.desiredRevision, let node = after.volume.node else {
                    continue
                }
                nodes.insert(node)
            case .size, .image, .operation, .key, .seed, .recovery, .snapshot, .access, .joinToken, .credential, .capacity: continue
            }
        }
        for node in nodes { sessions.wake(node) }
    }
}
