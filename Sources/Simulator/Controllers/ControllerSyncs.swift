import ClusterModel
import ControllerDecisions

/// The controller's side of the conversation with nodes.
extension ControllerProcess {
    func take(_ request: SyncRequest, of index: Int, exchange: Int) {
        let node = world.nodes[index].id
        switch conversations.arrive(request, from: node, health: view.nodes[node]?.value.health, at: now) {
        case .unknown: world.answerSync(of: index, exchange: exchange, conversations.needsFull)
        case .report(let turn):
            drop(index)
            let report = NodeReport(node: node, registration: request.registration, full: request.full, observed: request.observed)
            submit(.report(report), .sync(node: index, exchange: exchange, turn))
        case .quiet(let turn):
            drop(index)
            answer(Held(turn: turn, exchange: exchange), of: index)
        }
    }

    private func drop(_ index: Int) {
        guard let earlier = held[index] else { return }
        held[index] = nil
        world.answerSync(of: index, exchange: earlier.exchange, nil)
    }

    /// Its report is in the ledger, or not.
    func goOn(_ turn: NodeConversations.Turn, of index: Int, exchange: Int, _ outcome: Result<Answer, ErrorBody>?) {
        guard case .success(.reported(known: true)) = outcome else {
            if case .failure(let error) = outcome, error.code == .storageFull, turn.standsWithoutReport {
                return answer(Held(turn: turn, exchange: exchange, unkept: error.message), of: index)
            }
            if case .failure = outcome { return world.answerSync(of: index, exchange: exchange, nil) }
            return world.answerSync(of: index, exchange: exchange, conversations.needsFull)
        }
        conversations.reportIsKept(turn, at: now)
        answer(Held(turn: turn, exchange: exchange), of: index)
    }

    private func answer(_ sync: Held, of index: Int) {
        switch conversations.release(sync.turn, tidings(for: index, seen: sync.turn.seen), at: now) {
        case .answer(var answer):
            answer.unkept = sync.unkept
            if world.planted == .waitTooShort, answer.lease != nil { answer.lease = LeaseGrant(length: LeaseTiming.standard.length) }
            world.answerSync(of: index, exchange: sync.exchange, answer)
        case .overtaken: world.answerSync(of: index, exchange: sync.exchange, nil)
        case .hold(let until):
            held[index] = sync
            var deadline = Span(until)
            if world.planted == .heldPastLease { deadline = deadline + Span(world.lease.length) }
            world.push(
                .holdEnds(controller: number, life: life, node: index, exchange: sync.exchange), at: clock.moment(of: deadline))
        }
    }

    private func tidings(for index: Int, seen: Int64) -> NodeConversations.Tidings {
        let id = world.nodes[index].id
        let standing = view.nodes[id].map {
            LeaseBook.Standing(isAlive: $0.value.health == .alive, owesRemoval: view.owesRemoval(id))
        }
        return .init(desired: desiredSet(of: index, id, seen: seen), standing: standing, streams: [], isStopping: false)
    }

    /// As the ledger's `desiredSet`, which is asked only when there can be something new.
    private func desiredSet(of index: Int, _ id: NodeID, seen: Int64) -> DesiredSet {
        if let latest = latest[index], seen >= max(latest, 1), seen <= view.revision {
            return DesiredSet(entries: [], seen: seen, all: false)
        }
        let set = view.desiredSet(of: id, seen: seen)
        latest[index] = set.revision
        return set
    }

    func endHold(of index: Int, exchange: Int) {
        guard let sync = held[index], sync.exchange == exchange else { return }
        held[index] = nil
        answer(sync, of: index)
    }

    /// Nodes whose desired specs changed are answered at once.
    func wake(after effects: Effects) {
        var woken: [Int] = []
        func touch(_ node: NodeID?, wakes: Bool) {
            guard let node, let index = world.numbers[node] else { return }
            latest[index] = nil
            if wakes, !woken.contains(index) { woken.append(index) }
        }
        for change in effects.changes {
            switch change.change {
            case .instance(let edit):
                touch(edit.before?.value.instance.placement?.node, wakes: false)
                touch(edit.after?.value.instance.placement?.node, wakes: edit.after?.value.desiredRevision != edit.before?.value.desiredRevision)
                touch(edit.before?.value.migration?.peer, wakes: false)
                touch(edit.after?.value.migration?.peer, wakes: edit.after?.value.desiredRevision != edit.before?.value.desiredRevision)
            case .tombstone(let edit):
                touch(edit.before?.value.node, wakes: false)
                touch(edit.after?.value.node, wakes: true)
            case .node(let edit):
                guard edit.after == nil, let before = edit.before else { continue }
                conversations.forget(before.value.id, at: now)
                touch(before.value.id, wakes: true)
            case .size, .image, .operation, .recovery, .key, .seed, .volume, .snapshot, .access, .joinToken, .credential, .capacity: continue
            }
        }
        for index in woken.sorted() {
            guard let sync = held[index] else { continue }
            held[index] = nil
            answer(sync, of: index)
        }
    }
}
