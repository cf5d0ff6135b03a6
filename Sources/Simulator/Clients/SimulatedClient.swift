import ClusterModel
import ControllerDecisions

/// A tenant and operator in one: it asks, retries under the same key, and keeps a log of what it was told.
final class SimulatedClient {
    unowned let world: World
    let index: Int
    private var chance: SeededGenerator
    private(set) var instances: [Name: KnownInstance] = [:]
    /// In the order of their launches.
    private var order: [Name] = []
    private var open: [Int: OpenRequest] = [:]
    private var requests = 0
    private(set) var acknowledged = 0
    private var route = 0

    private static let patience = Span.seconds(8)
    private static let attempts = 8

    init(world: World, index: Int) {
        self.world = world
        self.index = index
        chance = SeededGenerator(seed: world.settings.seed, stream: 500 + UInt64(index))
    }

    var isIdle: Bool { open.isEmpty }
    var names: [Name] { order }

    // MARK: Meaning to

    func act(on intent: Intent) {
        switch intent.kind {
        case .launch: launch(intent.pick)
        case .launchWorkload: launchWorkload(intent.pick)
        case .stop: about(intent.pick, { !$0.isOver }, .stopped) { .stop($0.name, force: intent.pick % 3 == 0) }
        case .start: about(intent.pick, { !$0.isOver }, .running) { .start($0.name) }
        case .reboot: about(intent.pick, { !$0.isOver }, []) { .reboot($0.name) }
        case .delete: about(intent.pick, { !$0.isOver }, .deleted) { .delete($0.name) }
        case .cancel: about(intent.pick, { !$0.isOver && $0.launch != nil }, .deleted) { known in known.launch.map { .cancel($0) } }
        case .cordon: send(.cordon(node(intent.pick).registration.name))
        case .uncordon: send(.uncordon(node(intent.pick).registration.name))
        case .removeLost: if let lost = world.invariants.lostNode(intent.pick, in: world) { send(.removeNode(lost)) }
        case .drain: send(.drain(node(intent.pick).registration.name, stop: intent.pick % 2 == 0))
        case .confirmDead: confirmDead(intent.pick)
        case .resumeRecovery: send(.resumeRecovery)
        case .settleStranger: if let id = world.invariants.mirror.quarantined.first { settle(id, intent.pick) }
        }
    }

    private func confirmDead(_ pick: Int) {
        guard let dead = world.deadNode(pick) else { return }
        dead.keepOff()
        send(.confirmDead(dead.registration.name))
    }

    private func node(_ pick: Int) -> SimulatedNode { world.nodes[pick % world.nodes.count] }

    private func launch(_ pick: Int) {
        guard instances.values.count(where: { !$0.isOver }) * SimulationPlan.clients < world.settings.instances * 5 / 4 else { return }
        guard let name = try? Name("c\(index + 1)-\(order.count + 1)") else { return }
        let apart = pick % 5 == 0 ? try? Name("apart-\(pick % 3)") : nil
        order.append(name)
        instances[name] = KnownInstance(name: name)
        send(
            .launch(
                name, recovery: pick % 3 == 0 ? .stay : .fenced, ephemeral: pick % 3 != 0 || pick % 2 == 0, priority: pick % 4, apart: apart,
                queue: pick % 4 == 0, restart: pick % 7 == 0 ? .never : .onFailure),
            name: name, result: .running)
    }

    private func launchWorkload(_ place: Int) {
        guard let workload = world.settings.loss?.workloads[place] else { return }
        order.append(workload.name)
        instances[workload.name] = KnownInstance(name: workload.name)
        send(.launchWorkload(workload), name: workload.name, result: .running)
    }

    private func about(
        _ pick: Int, _ suits: (KnownInstance) -> Bool, _ result: KnownInstance.Possible, _ what: (KnownInstance) -> ClientRequest.What?
    ) {
        let candidates = order.compactMap { instances[$0] }.filter { !$0.isBusy && suits($0) }
        guard !candidates.isEmpty else { return }
        let known = candidates[pick % candidates.count]
        guard let what = what(known) else { return }
        send(what, name: known.name, result: result)
    }

    /// An operator's word on an instance that is quarantined.
    func settle(_ id: InstanceID, _ pick: Int) {
        guard let record = world.invariants.record(id) else { return }
        if record.found {
            world.invariants.mayBeEnded(id)
            return send(pick % 2 == 0 ? .adopt(id) : .destroy(id))
        }
        for client in world.clients { client.allow([.absent, .deleted], record.instance.name) }
        send(.delete(record.instance.name))
    }

    func deleteAll() {
        for name in order {
            guard let known = instances[name], !known.isOver, !known.isBusy else { continue }
            send(.delete(name), name: name, result: .deleted)
        }
    }

    func delete(_ name: Name) { send(.delete(name)) }
    func resumeRecovery() { send(.resumeRecovery) }
    func uncordon(_ name: Name) { send(.uncordon(name)) }

    // MARK: Asking

    private func send(_ what: ClientRequest.What, name: Name? = nil, result: KnownInstance.Possible = []) {
        requests += 1
        let request = ClientRequest(key: RequestKey(client: index, number: requests), what: what)
        open[requests] = OpenRequest(request: request, name: name, result: result, before: name.flatMap { instances[$0]?.possible } ?? [])
        if let name {
            instances[name]?.isBusy = true
            instances[name]?.possible.formUnion(result)
        }
        world.note("client \(index + 1) asks (\(requests)): \(what)")
        transmit(requests)
    }

    private func transmit(_ number: Int) {
        guard let open = open[number] else { return }
        world.send(open.request, attempt: open.attempt)
        world.push(.patienceEnds(client: index, request: number, attempt: open.attempt), after: Self.patience)
    }

    func patienceEnds(_ number: Int, attempt: Int) {
        guard open[number]?.attempt == attempt else { return }
        again(number)
    }

    func repeats(_ number: Int) { transmit(number) }

    private func again(_ number: Int) {
        guard var request = open[number] else { return }
        guard request.attempt < Self.attempts || world.isCalm && request.attempt < 40 else { return giveUp(number) }
        request.attempt += 1
        open[number] = request
        world.push(.requestRepeats(client: index, request: number), after: .milliseconds(100 + chance.below(3000)))
    }

    /// Whether it was done, nobody knows.
    private func giveUp(_ number: Int) {
        guard let request = open.removeValue(forKey: number), let name = request.name else { return }
        instances[name]?.late.formUnion(request.result)
        instances[name]?.isBusy = false
    }

    // MARK: Hearing

    func hear(_ answer: ClientAnswer, to number: Int, attempt: Int) {
        guard let request = open[number], request.attempt == attempt else { return }
        world.note("client \(index + 1) hears (\(number)): \(answer)")
        if answer.isPassing { return again(number) }
        open[number] = nil
        switch answer {
        case .done(let instance, let operation):
            acknowledged += 1
            settleDone(request, instance, operation)
        case .refused(let code): settleRefused(request, code)
        }
    }

    private func settleDone(_ request: OpenRequest, _ instance: InstanceID?, _ operation: OperationID?) {
        guard let name = request.name, var known = instances[name] else { return }
        if !request.result.isEmpty { known.possible = request.result }
        known.id = instance ?? known.id
        if case .launch = request.request.what { known.launch = operation }
        known.isBusy = false
        instances[name] = known
        world.invariants.acknowledged(known, by: self)
    }

    private func settleRefused(_ request: OpenRequest, _ code: ErrorBody.Code) {
        guard let name = request.name, var known = instances[name] else { return }
        known.isBusy = false
        known.possible = request.before
        // Gone for good, or it would be found.
        if code == .notFound, known.possible.contains(.deleted) || known.late.contains(.absent) { known.possible = .absent }
        instances[name] = known
    }

    /// Somebody else may have brought this about.
    func allow(_ possible: KnownInstance.Possible, _ name: Name) { instances[name]?.late.formUnion(possible) }
}
