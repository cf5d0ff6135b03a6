import AgentDecisions
import ClusterModel
import ControllerDecisions
import Placement

/// How the calm after the chaos goes: first everything comes to rest as it is wanted; then, for every other seed, all of it is deleted.
struct Rest {
    fileprivate enum Stage { case coming, clearing, over }
    fileprivate var stage = Stage.coming
    fileprivate var checks = 0
    fileprivate(set) var why: String? = "the calm was too short"
    var isOver: Bool { stage == .over }
}

extension Invariants {
    /// A node of the ledger that counts as lost.
    func lostNode(_ pick: Int, in world: World) -> Name? {
        let lost = world.nodes.compactMap { mirror.nodes[$0.id]?.value }.filter { $0.health == .lost }
        return lost.isEmpty ? nil : lost[pick % lost.count].name
    }

    func calmCheck(_ world: World) {
        rest.checks += 1
        if let client = world.clients.first {
            for id in mirror.quarantined { client.settle(id, rest.checks) }
        }
        if mirror.recovery?.hold != nil { world.clients.first?.resumeRecovery() }
        guard rest.checks > 3 else { return }
        rest.why = unrest(world)
        guard rest.why == nil else { return }
        checkAcknowledged()
        for node in world.nodes { checkLeftovers(on: node) }
        switch rest.stage {
        case .coming where world.settings.seed % 2 == 0:
            rest.stage = .clearing
            rest.checks = 0
            for client in world.clients { client.deleteAll() }
        case .clearing:
            guard mirror.instances.isEmpty else {
                rest.why = mirror.instances.keys.sorted().first.flatMap { record($0) }.map { "\($0.instance.name) is still there" }
                if let client = world.clients.first { deleteStrangers(client) }
                for client in world.clients { client.deleteAll() }
                return
            }
            for node in world.nodes {
                guard let left = node.disk.instances.first else { continue }
                broken(.leavesNothing, "all is deleted, and \(node.label) keeps files of \(left)")
            }
            rest.stage = .over
        case .coming, .over: rest.stage = .over
        }
    }

    /// What operators took over belongs to no client, nor does a launch that its client gave up and that came about all the same.
    private func deleteStrangers(_ client: SimulatedClient) {
        for id in mirror.instances.keys.sorted() where damaged.contains(id) || rest.checks > 8 { record(id).map { client.delete($0.instance.name) } }
    }

    func end() {
        guard !isSettled, violation == nil else { return }
        broken(.comesToRest, rest.why ?? "it took too long")
    }

    private func checkLeftovers(on node: SimulatedNode) {
        for id in node.disk.instances {
            guard let files = node.disk[id], let record = files.record, record.failure != nil, !record.hasRun, files.hasDisk else { continue }
            broken(.leavesNothing, "the launch of \(record.desired.name) has failed on \(node.label), and its disk is still there")
        }
    }

    /// What is not at rest yet; nil when all is.
    private func unrest(_ world: World) -> String? {
        let controller = world.controllers[world.serving]
        guard controller.state == .serving, controller.writing == nil, controller.queue.isEmpty else { return "no controller serves, or it writes" }
        if let client = world.clients.first(where: { !$0.isIdle }) { return "client \(client.index + 1) waits for an answer" }
        for node in world.nodes {
            guard let row = mirror.nodes[node.id] else { return "\(node.label) is not in the ledger" }
            guard row.value.health == .alive else { return "\(node.label) is \(row.value.health.rawValue)" }
            checkRoom(on: node.id, controller.view, controller.ledger)
        }
        if let tombstone = mirror.tombstones.keys.sorted().first {
            return "n\((world.numbers[tombstone.node] ?? -1) + 1) owes the removal of \(tombstone.instance)"
        }
        for id in mirror.instances.keys.sorted() {
            guard let record = record(id) else { continue }
            if let why = unrest(of: record, controller.ledger, world) { return "\(record.instance.name) \(why)" }
        }
        for id in mirror.running.keys.sorted() {
            guard let operation = mirror.running[id]?.value else { continue }
            let isPending = record(operation.instance)?.isPending ?? false
            if !isPending { return "the \(operation.kind.rawValue) of \(operation.instanceName) goes on" }
        }
        return runningInstances.first { record($0) == nil }.map { "\($0) runs, and no ledger has it" }
    }

    private func unrest(of record: ControllerDecisions.InstanceRecord, _ ledger: ClusterState, _ world: World) -> String? {
        let place = record.instance.placement.flatMap { world.numbers[$0.node] }
        let state = record.instance.status.state
        guard let place else {
            let fits = (try? ledger.engine.place(ClusterState.request(record.instance.spec, instance: record.id))) != nil
            return fits ? "waits, and there is room" : nil
        }
        switch (record.instance.spec.desired, state) {
        case (.running, .running): return runs(record.id) == place ? nil : "counts as running, and does not run on n\(place + 1)"
        case (.running, .stopped), (.running, .failed), (.stopped, .stopped), (.stopped, .failed):
            return runs(record.id) == nil ? nil : "counts as \(state.rawValue), and runs"
        case (let desired, _): return "shall be \(desired.rawValue) and is \(state.rawValue)"
        }
    }
}
