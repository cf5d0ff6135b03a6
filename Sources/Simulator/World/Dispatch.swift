import ClusterModel

/// From each happening to whom it concerns. Who is stopped gets to it when it goes on; who has died, never.
extension World {
    func happen(_ happening: Happening) {
        switch happening {
        case .delivery(let envelope): deliver(envelope, happening)
        case .agentStarts(let node, let life):
            if let later = deferred(until: nodes[node].resume(of: .machine)) { return push(happening, at: later) }
            nodes[node].startAgent(life: life)
        case .agentSyncs(let node, let life, let turn): agent(node, life, happening)?.sync(turn: turn)
        case .exchangeOver(let node, let life, let exchange): agent(node, life, happening)?.exchangeOver(exchange)
        case .agentTicks(let node, let life): agent(node, life, happening)?.ring()
        case .workEnds(let node, let life, let instance, let ticket): agent(node, life, happening)?.workEnds(instance, ticket: ticket)
        case .endSeen(let node, let life, let instance, let process, let exit): agent(node, life, happening)?.endSeen(instance, process, exit)
        case .doubtAskedAgain(let node, let life, let instance, let pid): agent(node, life, happening)?.askAgain(instance, pid: pid)
        case .vmmAnswers(let node, let boot, let pid): vmmAnswers(nodes[node], boot, pid, happening)
        case .vmmEnds(let node, let boot, let pid, let exit): nodes[node].vmmEnds(pid, boot: boot, exit)
        case .machineBoots(let node, let boot): if boot == nodes[node].boot { nodes[node].bootUp() }
        case .operatorResumes: clients.first?.resumeRecovery()
        case .machineReleased(let node): nodes[node].release()
        case .watchdogBites(let node, let boot): nodes[node].watchdogBites(boot: boot)
        case .cageLooks(let node, let boot, let pid): nodes[node].cageLooks(pid: pid, boot: boot)
        case .guardLooks(let node, let boot): nodes[node].guardLooks(boot: boot)
        case .controllerStarts(let number, let life): if controllers[number].life == life, serving == number { controllers[number].start() }
        case .controllerOpens(let number, let life): controllers[number].open(life: life)
        case .controllerWrites(let number, let life): controller(number, life, happening)?.write()
        case .healthTick(let number, let life): controller(number, life, happening)?.healthTick()
        case .holdEnds(let number, let life, let node, let exchange): controller(number, life, happening)?.endHold(of: node, exchange: exchange)
        case .controllerProves(let number, let life): controller(number, life, happening)?.prove()
        case .proofReturns(let number, let life, let begun, let isOwn):
            controller(number, life, happening)?.proofReturns(begun: begun, isOwn: isOwn)
        case .storeCommits(let ticket): storeCommits(ticket)
        case .storeReplies(let ticket): storeReplies(ticket, happening)
        case .intent(let number): clients[plan.intents[number].client].act(on: plan.intents[number])
        case .patienceEnds(let client, let request, let attempt): clients[client].patienceEnds(request, attempt: attempt)
        case .requestRepeats(let client, let request): clients[client].repeats(request)
        case .faultBegins(let number): begin(plan.faults[number], number)
        case .faultEnds(let number): end(plan.faults[number])
        case .calmBegins: calmBegins()
        case .calmCheck: calmCheck()
        }
    }

    private func agent(_ index: Int, _ life: Int, _ happening: Happening) -> AgentProcess? {
        let node = nodes[index]
        guard let agent = node.agent, agent.life == life else { return nil }
        if let later = deferred(until: node.resume(of: .agent)) {
            push(happening, at: later)
            return nil
        }
        return agent
    }

    private func controller(_ number: Int, _ life: Int, _ happening: Happening) -> ControllerProcess? {
        let controller = controllers[number]
        guard controller.life == life, controller.state == .serving else { return nil }
        if let later = deferred(until: controller.pausedUntil) {
            push(happening, at: later)
            return nil
        }
        return controller
    }

    private func vmmAnswers(_ node: SimulatedNode, _ boot: Int, _ pid: Int32, _ happening: Happening) {
        guard boot == node.boot, node.isUp, let vmm = node.processes[pid], vmm.hangs == 0, let life = node.agent?.life else { return }
        agent(node.index, life, happening)?.vmmAnswers(vmm)
    }

    // MARK: Messages

    private func post(_ content: Envelope.Content, party: Int, link: Int, _ direction: Network.Direction) {
        let (first, second) = network.fate(on: link, direction)
        if let first { push(.delivery(Envelope(number: network.number(), party: party, content: content)), after: first) }
        if let second { push(.delivery(Envelope(number: network.number(), party: party, content: content)), after: second) }
    }

    func send(_ request: SyncRequest, from node: SimulatedNode, exchange: Int) {
        post(.sync(request, exchange: exchange, controller: node.controller), party: node.index, link: node.index, .up)
    }

    func answerSync(of node: Int, exchange: Int, _ answer: SyncAnswer?) {
        post(.syncAnswer(answer, exchange: exchange), party: node, link: node, .down)
    }

    func send(_ request: ClientRequest, attempt: Int) {
        post(.request(request, attempt: attempt), party: request.key.client, link: nodes.count, .up)
    }

    func answer(_ key: RequestKey, attempt: Int, _ answer: ClientAnswer) {
        post(.answer(answer, request: key.number, attempt: attempt), party: key.client, link: nodes.count, .down)
    }

    private func deliver(_ envelope: Envelope, _ happening: Happening) {
        switch envelope.content {
        case .sync(let request, let exchange, let number):
            guard controllers[number].state == .serving else { return answerSync(of: envelope.party, exchange: exchange, nil) }
            controller(number, controllers[number].life, happening)?.take(request, of: envelope.party, exchange: exchange)
        case .syncAnswer(let answer, let exchange):
            guard let life = nodes[envelope.party].agent?.life else { return }
            agent(envelope.party, life, happening)?.take(answer, exchange: exchange)
        case .request(let request, let attempt):
            guard controllers[serving].state == .serving else { return answer(request.key, attempt: attempt, .refused(.unavailable)) }
            controller(serving, controllers[serving].life, happening)?.take(request, attempt: attempt)
        case .answer(let answer, let request, let attempt): clients[envelope.party].hear(answer, to: request, attempt: attempt)
        }
    }

    // MARK: The store

    func beginCommit(_ commit: SimulatedStore.Commit, _ chance: inout SeededGenerator) {
        let ticket = store.begin(commit)
        guard !controllers[commit.controller].isCutFromStore else {
            store.lose(ticket)
            return push(.storeReplies(ticket: ticket), after: .seconds(3))
        }
        var way = Span(nanoseconds: 500_000 + Int64(chance.below(3_000_000)))
        if let slow = store.slow.max() { way = way + Span(nanoseconds: Int64(chance.below(Int(slow.nanoseconds)))) }
        push(.storeCommits(ticket: ticket), after: way)
    }

    private func storeCommits(_ ticket: Int) {
        guard let commit = store.settle(ticket, at: now) else { return }
        if case .done = commit.result { invariants.stored(commit.batch.effects) }
        push(.storeReplies(ticket: ticket), after: .milliseconds(1 + (commit.isAnswered ? 0 : 2000)))
    }

    private func storeReplies(_ ticket: Int, _ happening: Happening) {
        guard let commit = store[ticket] else { return }
        let waiting = controllers[commit.controller]
        guard waiting.life == commit.life else {
            _ = store.finish(ticket)
            return
        }
        guard let controller = controller(commit.controller, commit.life, happening), let result = store.finish(ticket)?.result else { return }
        controller.finish(commit.isAnswered ? result : .failed(.unavailable))
    }
}
