import ClusterModel
import ControllerDecisions

/// The ledger's one writer: applies what waits, commits it as one batch, and only then answers.
extension ControllerProcess {
    static let batchLimit = 512

    func submit(_ command: Command, key: RequestKey? = nil, _ reply: Reply) {
        queue.append(Waiting(command: command, key: key, reply: reply))
        if writing == nil, queue.count == 1 { world.push(.controllerWrites(controller: number, life: life), after: .zero) }
    }

    func write() {
        guard writing == nil else { return }
        let batch = Array(queue.prefix(Self.batchLimit))
        queue.removeFirst(batch.count)
        guard !batch.isEmpty || ledger.pendingCursor != nil else { return }
        let before = ledger.revision
        var effects = Effects()
        var outcomes: [Result<Answer, ErrorBody>?] = []
        var kept: [(key: RequestKey, answer: ClientAnswer)] = []
        for waiting in batch {
            if let key = waiting.key, hasAnswered(key, kept) {
                outcomes.append(nil)
                continue
            }
            let outcome = ledger.apply(waiting.command, at: wallTime)
            effects.append(outcome.effects)
            outcomes.append(outcome.result)
            if let key = waiting.key { kept.append((key, ClientAnswer(outcome.result))) }
        }
        effects.append(ledger.apply(.placePending(again: false), at: wallTime).effects)
        if world.planted == .tombstoneDroppedEarly { effects.append(dropTombstones()) }
        writing = Written(batch: batch, outcomes: outcomes, effects: effects, before: before, begun: reading)
        if crossesBoundary() { return }
        guard !effects.isEmpty || !kept.isEmpty else { return finish(.done(head)) }
        if world.planted == .replyBeforeCommit {
            for key in kept { answers[key.key] = key.answer }
            reply(batch, outcomes, clientsOnly: true)
            guard state == .serving else { return }
        }
        writing?.isCommitted = true
        let commit = SimulatedStore.Commit(
            controller: number, life: life, batch: .init(effects: effects, answers: kept, sequence: ledger.revision), expecting: head, result: nil)
        world.beginCommit(commit, &chance)
    }

    private func hasAnswered(_ key: RequestKey, _ kept: [(key: RequestKey, answer: ClientAnswer)]) -> Bool {
        guard world.planted != .keysForgotten else { return false }
        return answers[key] != nil || kept.contains { $0.key == key }
    }

    /// What the store said of the commit that is under way.
    func finish(_ result: SimulatedStore.Commit.Result) {
        guard state == .serving, let written = writing else { return }
        switch result {
        case .done(let head):
            self.head = head
            // A batch that changed nothing was never put to the store, and proves nothing.
            if written.isCommitted { conversations.leases.term.prove(begunAt: written.begun.duration) }
            if crossesBoundary() { return }
            writing = nil
            for (waiting, outcome) in zip(written.batch, written.outcomes) {
                if let key = waiting.key, let outcome { answers[key] = ClientAnswer(outcome) }
            }
            publish(written.effects)
            reply(written.batch, written.outcomes, syncsOnly: world.planted == .replyBeforeCommit)
        case .failed(let failure):
            writing = nil
            undo(written.effects, to: written.before)
            world.note("controller \(number + 1): a commit failed: \(failure)")
            refuse(written.batch)
            if failure == .lostTerm { return die("its term is over") }
        }
        if state == .serving, !queue.isEmpty || ledger.pendingCursor != nil {
            world.push(.controllerWrites(controller: number, life: life), after: .zero)
        }
    }

    private func undo(_ effects: Effects, to revision: Int64) {
        var effects = effects
        // Usage that is kept beside the allocations is not taken back with them.
        if world.planted == .usageStored { effects.steps = [] }
        ledger.undo(effects, to: revision)
    }

    private func publish(_ effects: Effects) {
        guard !effects.isEmpty else { return }
        view.learn(uptime: effects.uptime)
        for change in effects.changes { view.install(change.change) }
        view.follow([], to: ledger.revision)
        world.invariants.published(effects, view: view, ledger: ledger)
        if world.isTracing { for event in effects.events { world.note("  \(event.reason): \(event.message)") } }
        wake(after: effects)
    }

    private func reply(_ batch: [Waiting], _ outcomes: [Result<Answer, ErrorBody>?], clientsOnly: Bool = false, syncsOnly: Bool = false) {
        for (waiting, outcome) in zip(batch, outcomes) {
            switch waiting.reply {
            case .none: continue
            case .client(let key, let attempt):
                guard !syncsOnly else { continue }
                if crossesBoundary() { return }
                guard let answer = outcome.map({ ClientAnswer($0) }) ?? answers[key] else { continue }
                world.answer(key, attempt: attempt, answer)
            case .sync(let node, let exchange, let turn):
                guard !clientsOnly else { continue }
                if crossesBoundary() { return }
                goOn(turn, of: node, exchange: exchange, outcome)
            case .losses(let nodes): if !clientsOnly { conversations.lossesAreSettled(nodes) }
            }
        }
    }

    private func refuse(_ batch: [Waiting]) {
        for waiting in batch {
            switch waiting.reply {
            case .none: continue
            case .client(let key, let attempt): world.answer(key, attempt: attempt, .refused(.unavailable))
            case .sync(let node, let exchange, _): world.answerSync(of: node, exchange: exchange, nil)
            case .losses(let nodes): conversations.lossesAreSettled(nodes)
            }
        }
    }

    private func dropTombstones() -> Effects {
        var effects = Effects()
        for id in ledger.tombstones.keys.sorted() {
            guard let row = ledger.tombstones[id] else { continue }
            let change = Change.tombstone(Edit(before: row, after: nil))
            ledger.install(change)
            effects.changes.append(NumberedChange(revision: ledger.revision, change: change))
        }
        return effects
    }
}

extension ClientAnswer {
    init(_ result: Result<Answer, ErrorBody>) {
        switch result {
        case .failure(let error): self = .refused(error.code)
        case .success(.launched(let launched)): self = .done(instance: launched.instances.first?.id, operation: launched.operations.first?.id)
        case .success(.instance(let instance, let operation)): self = .done(instance: instance.id, operation: operation?.id)
        case .success(.operation(let operation)): self = .done(instance: operation.instance, operation: operation.id)
        case .success(.node), .success(.size), .success(.image), .success(.key), .success(.reported), .success(.drain), .success(.recovery),
            .success(.volume), .success(.snapshot), .success(.access), .success(.joinToken), .success(.credential), .success(.done):
            self = .done(instance: nil, operation: nil)
        }
    }
}
