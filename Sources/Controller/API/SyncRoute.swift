import ClusterAPI
import ClusterModel
import ControllerDecisions
import FoundationEssentials
import Hummingbird

/// `/v1/nodes/{node}/sync`: the one conversation with an agent.
extension Controller {
    /// A full report of ten thousand instances fits.
    static let syncLimit = 8 << 20

    /// Level-triggered: whatever was lost before, the answer makes this node know all that it shall do. Held while there is nothing to say.
    /// An idle sync costs no change of the ledger.
    func syncNode(_ call: APICall) async throws -> Response {
        let arrived = ContinuousClock.now
        let node = try nodeID(call.parameters[0])
        let body = try await JSONBody.read(call.request, limit: Self.syncLimit)
        let request = try JSONBody.decodeHot(SyncRequest.self, body)
        try checkSync(request)
        let health = view.look { $0.nodes[node]?.value.health }
        // A session is kept only for nodes of the ledger, so that made-up ids take no memory.
        let isKnown = health != nil && sessions.heard(node, session: request.session, at: arrived)
        guard isKnown || (request.full && (health != nil || request.registration != nil)) else { return try .json(needsFull) }
        if request.registration != nil || request.full || !request.observed.isEmpty || health != .alive {
            let report = NodeReport(node: node, registration: request.registration, full: request.full, observed: request.observed)
            let answer = try await reports.admit(node, full: request.full) { () throws(ErrorBody) in try await writer.submit(.report(report)) }
            guard case .reported(known: true) = answer else { return try .json(needsFull) }
            if health == nil { _ = sessions.heard(node, session: request.session, at: arrived) }
            if request.full { sessions.accept(node, session: request.session) }
        }
        return try .json(try await answer(node, request, arrived: arrived))
    }

    private func answer(_ node: NodeID, _ request: SyncRequest, arrived: ContinuousClock.Instant) async throws(ErrorBody) -> SyncAnswer {
        let interval = settings.timing.interval
        let hold = min(max(.zero, request.hold), interval)
        let deadline = arrived.advanced(by: hold.duration)
        while true {
            let wakes = sessions.wakes(of: node)
            let (desired, isKnown) = view.look { ($0.desiredSet(of: node, seen: request.seen), $0.nodes[node] != nil) }
            let streams = self.streams.announce(to: node)
            if desired.full || !desired.instances.isEmpty || !streams.isEmpty || !isKnown || deadline <= .now || isStopping {
                return SyncAnswer(
                    epoch: epoch, interval: interval, revision: desired.revision, full: desired.full, desired: desired.instances,
                    needsFull: !isKnown, streams: streams)
            }
            await sessions.hold(node, until: deadline, since: wakes)
            guard sessions.isLatest(node, arrived: arrived) else {
                throw ErrorBody(code: .conflict, message: "A later sync of this node took the place of this one.")
            }
        }
    }

    private var needsFull: SyncAnswer {
        SyncAnswer(epoch: epoch, interval: settings.timing.interval, revision: 0, full: false, desired: [], needsFull: true, streams: [])
    }

    private func checkSync(_ request: SyncRequest) throws(ErrorBody) {
        for (text, field) in [(request.session, "session"), (request.bootID, "bootID")] {
            guard (1...128).contains(text.utf8.count) else { throw ErrorBody(code: .invalid, message: "\(field): 1 to 128 bytes are expected.") }
        }
        guard request.highestEpoch <= epoch else {
            throw ErrorBody(
                code: .conflict,
                message: "This node has obeyed a controller of epoch \(request.highestEpoch.number), and this one is only in epoch \(epoch.number): "
                    + "it is another cluster's, or works on an old copy of the ledger.")
        }
    }

    /// After a commit: nodes whose desired specs changed are answered at once.
    static func wake(_ sessions: NodeSessions, after effects: Effects) {
        var nodes: Set<NodeID> = []
        for change in effects.changes {
            switch change.change {
            case .instance(let edit):
                guard let after = edit.after?.value, after.desiredRevision != edit.before?.value.desiredRevision,
                    let node = after.instance.placement?.node
                else { continue }
                nodes.insert(node)
            case .tombstone(let edit): if let after = edit.after { nodes.insert(after.value.node) }
            case .node(let edit): if edit.after == nil, let before = edit.before { sessions.forget(before.value.id) }
            case .size, .image, .operation, .key, .seed: continue
            }
        }
        for node in nodes { sessions.wake(node) }
    }
}
