import AgentDecisions
import ClusterModel

/// The beginning and the end of each fault, and the calm after them.
extension World {
    func begin(_ fault: Fault, _ number: Int) {
        guard !isCalm else { return }
        note("fault: \(fault.kind)")
        push(.faultEnds(number), after: fault.lasts)
        let end = now + fault.lasts
        switch fault.kind {
        case .agentCrash(let node, let effects):
            if effects == 0 { nodes[node].killAgent("killed") } else { nodes[node].agent?.crashAfter = effects }
        case .machineCrash(let node): nodes[node].losePower()
        case .pause(let stopped, let node): nodes[node].pause(stopped, until: end)
        case .controllerCrash(let boundaries):
            if boundaries == 0 { controllers[serving].die("killed") } else { controllers[serving].crashAfter = boundaries }
        case .controllerPause: controllers[serving].pausedUntil = max(controllers[serving].pausedUntil, end)
        case .takeover: takeOver(fault)
        case .partition(let from, let count, let cut): for index in Self.nodes(from, count, nodes.count) { self.cut(index, cut, by: 1) }
        case .clientsCutOff(let cut): self.cut(nodes.count, cut, by: 1)
        case .badLink(let node, let dropped, let repeated, let delay):
            network.links[node].dropped = dropped
            network.links[node].repeated = repeated
            network.links[node].delay = delay
            // Clients suffer from the same kind of link, so that their retries are tried too.
            network.links[nodes.count].repeated = repeated
            network.links[nodes.count].dropped = dropped / 2
        case .storeSlow(let by): store.slow.append(by)
        case .storeFull: store.full += 1
        case .storeUnknown(let isDone): if isDone { store.unknownDone += 1 } else { store.unknownUndone += 1 }
        case .vmmDies(let node, let pick): nodes[node].victim(pick).map { nodes[node].end($0, .signalled(11), after: .zero) }
        case .vmmHangs(let node, let pick): nodes[node].victim(pick).map { nodes[node].processes[$0]?.hangs += 1 }
        case .vmmLies(let node, let pick): nodes[node].victim(pick).map { nodes[node].processes[$0]?.lies += 1 }
        case .diskFull(let node): nodes[node].disk.full += 1
        case .workFails(let node, let work): nodes[node].failingWork.append(work)
        case .wallClock(let by):
            wallJump = wallJump + by
        case .stranger(let node): nodes[node].addStranger()
        case .recordLost(let node, let pick): nodes[node].loseRecord(pick)
        }
    }

    func end(_ fault: Fault) {
        guard !isCalm else { return }
        switch fault.kind {
        case .agentCrash(let node, _): nodes[node].agent?.crashAfter = nil
        case .machineCrash(let node): nodes[node].bootUp()
        case .pause(.machine, let node): nodes[node].machineResumes()
        case .controllerCrash: controllers[serving].crashAfter = nil
        case .partition(let from, let count, let cut): for index in Self.nodes(from, count, nodes.count) { self.cut(index, cut, by: -1) }
        case .clientsCutOff(let cut): self.cut(nodes.count, cut, by: -1)
        case .badLink(let node, _, _, _):
            for link in [node, nodes.count] {
                network.links[link].dropped = 0
                network.links[link].repeated = 0
                network.links[link].delay = .zero
            }
        case .storeSlow(let by): if let place = store.slow.firstIndex(of: by) { store.slow.remove(at: place) }
        case .storeFull: store.full -= 1
        case .storeUnknown(let isDone): if isDone { store.unknownDone -= 1 } else { store.unknownUndone -= 1 }
        case .vmmHangs(let node, _), .vmmLies(let node, _): nodes[node].curesVMMs()
        case .diskFull(let node): nodes[node].disk.full -= 1
        case .workFails(let node, let work): nodes[node].works(again: work)
        case .takeover: retire()
        case .pause, .controllerPause, .vmmDies, .wallClock, .stranger, .recordLost: break
        }
    }

    private static func nodes(_ from: Int, _ count: Int, _ all: Int) -> [Int] { (0..<min(count, all)).map { (from + $0) % all } }

    private func cut(_ link: Int, _ cut: Fault.Cut, by change: Int) {
        if cut != .down { network.links[link].cutUp += change }
        if cut != .up { network.links[link].cutDown += change }
    }

    /// The old controller goes on, cut off from the store, for the nodes that have not found the new one.
    private func takeOver(_ fault: Fault) {
        let old = controllers[serving]
        serving = (serving + 1) % controllers.count
        old.isCutFromStore = true
        isSplit = true
        let next = controllers[serving]
        if next.state != .dead { next.die("it is started anew") } else { next.start() }
        for node in nodes { node.turn(to: serving, within: fault.lasts + .seconds(1)) }
    }

    private func retire() {
        isSplit = false
        for controller in controllers where controller.number != serving { controller.die("it is retired") }
        for node in nodes { node.turn(to: serving, within: .seconds(1)) }
    }

    /// A machine that is off, so that an operator can say so.
    func deadNode(_ pick: Int) -> SimulatedNode? {
        let dead = nodes.filter { !$0.isUp }
        return dead.isEmpty ? nil : dead[pick % dead.count]
    }

    // MARK: Calm

    func calmBegins() {
        note("calm begins")
        isCalm = true
        network.calm()
        store.slow = []
        (store.full, store.unknownDone, store.unknownUndone) = (0, 0, 0)
        for controller in controllers {
            controller.pausedUntil = now
            controller.crashAfter = nil
        }
        retire()
        controllers[serving].isCutFromStore = false
        if controllers[serving].state == .dead { controllers[serving].start() }
        for node in nodes { node.calm() }
        push(.calmCheck, after: .seconds(10))
    }

    func calmCheck() {
        push(.calmCheck, after: .seconds(10))
        invariants.calmCheck(self)
    }
}
