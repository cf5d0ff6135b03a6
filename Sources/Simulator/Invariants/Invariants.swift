import ClusterModel
import ControllerDecisions
import Placement

/// Sees everything in true time, and holds it against what was promised.
final class Invariants {
    private unowned let world: World
    private(set) var violation: Violation?
    var mirror = LedgerMirror()
    /// Where a VMM of each instance runs at this moment.
    private var executing: [InstanceID: [Int]] = [:]
    /// Deleted, and confirmed by every node that held it.
    private var gone: Set<InstanceID> = []
    private var epochs: [Epoch] = []
    private var generations: [[InstanceID: Int64]] = []
    private var strangers: Set<InstanceID> = []
    /// Of which no node can know all that it should.
    private(set) var damaged: Set<InstanceID> = []
    var rest = Rest()
    private var recovery = RecoveryWatch()
    private(set) var loss = LossWatch()

    init(_ world: World, nodes: Int) {
        self.world = world
        epochs = Array(repeating: Epoch(0), count: nodes)
        generations = Array(repeating: [:], count: nodes)
    }

    var isSettled: Bool { rest.isOver }

    func broken(_ promise: Violation.Promise, _ what: @autoclosure () -> String) {
        guard violation == nil else { return }
        let what = what()
        violation = Violation(promise: promise, at: world.now, what: what)
        world.note("VIOLATION of “\(promise.rawValue)”: \(what)")
    }

    // MARK: What runs

    func started(_ vmm: SimulatedVMM, on node: SimulatedNode) {
        let id = vmm.instance
        if let others = executing[id], let other = others.first {
            broken(.runsOnce, "\(world.name(id)) starts on \(node.label) and runs on \(world.nodes[other].label)")
        }
        if gone.contains(id) { broken(.deletedStaysDeleted, "\(id) is deleted and starts on \(node.label)") }
        executing[id, default: []].append(node.index)
    }

    func ended(_ vmm: SimulatedVMM, on node: SimulatedNode) { stop(vmm.instance, on: node) }

    private func stop(_ id: InstanceID, on node: SimulatedNode) {
        guard var places = executing[id], let place = places.firstIndex(of: node.index) else { return }
        places.remove(at: place)
        executing[id] = places.isEmpty ? nil : places
    }

    func machinePaused(_ node: SimulatedNode) {
        for pid in node.processes.keys.sorted() { node.processes[pid].map { stop($0.instance, on: node) } }
    }

    func machineResumed(_ node: SimulatedNode) {
        for pid in node.processes.keys.sorted() { node.processes[pid].map { started($0, on: node) } }
    }

    func runs(_ id: InstanceID) -> Int? { executing[id]?.first }
    var runningInstances: [InstanceID] { executing.keys.sorted() }

    /// The agent ends a VMM, in the name of an instance.
    func killed(_ vmm: SimulatedVMM, for id: InstanceID, on node: SimulatedNode) {
        if vmm.instance != id { broken(.ownVMM, "the agent of \(node.label) ends the VMM of \(world.name(vmm.instance)) for \(world.name(id))") }
        if strangers.contains(id) { broken(.strangersLive, "the agent of \(node.label) ends \(id), of which nobody has decided") }
    }

    func isStranger(_ id: InstanceID) {
        strangers.insert(id)
        damaged.insert(id)
    }
    /// An operator has said so.
    func mayBeEnded(_ id: InstanceID) { strangers.remove(id) }

    // MARK: What agents obey

    func begins(_ epoch: Epoch, on node: SimulatedNode) {
        if epoch < epochs[node.index] {
            broken(.epochHolds, "the agent of \(node.label) begins with epoch \(epoch.number) and has obeyed \(epochs[node.index].number)")
        }
    }

    func obeyed(_ epoch: Epoch, by node: SimulatedNode) {
        if epoch < epochs[node.index] {
            broken(.epochHolds, "the agent of \(node.label) obeys epoch \(epoch.number) after \(epochs[node.index].number)")
        }
        epochs[node.index] = max(epochs[node.index], epoch)
    }

    func obeyed(generation: Int64, of id: InstanceID, by node: SimulatedNode) {
        let highest = generations[node.index][id] ?? 0
        if generation < highest {
            broken(.generationHolds, "\(node.label) goes from generation \(highest) of \(world.name(id)) back to \(generation)")
        }
        generations[node.index][id] = max(highest, generation)
    }

    /// The agent starts with what its disk has; only what it forgot with the files is no more than that.
    func begins(_ disk: NodeDisk, on node: SimulatedNode) {
        for (id, obeyed) in generations[node.index].sorted(by: { $0.key < $1.key }) {
            let kept = disk[id]?.generation ?? 0
            guard kept < obeyed else { continue }
            broken(.generationHolds, "the agent of \(node.label) begins with generation \(kept) of \(world.name(id)) and has obeyed \(obeyed)")
        }
    }

    func forgotGeneration(of id: InstanceID, by node: SimulatedNode) { generations[node.index][id] = nil }

    /// With its record its node loses the generation.
    func lostRecord(of id: InstanceID, on node: SimulatedNode) {
        generations[node.index][id] = nil
        damaged.insert(id)
    }

    // MARK: What the ledger says

    /// Durable from now on.
    func stored(_ effects: Effects) {
        if let at = world.settings.loss?.at { loss.take(effects, lossAt: at, now: world.now) }
        var left: [InstanceID] = []
        for change in effects.changes {
            switch change.change {
            case .instance(let edit):
                stored(edit, effects)
                if edit.after == nil, let before = edit.before?.value, !before.isQuarantined { left.append(before.id) }
            case .tombstone(let edit): if edit.after == nil, let before = edit.before { left.append(before.value.instance.id) }
            case .node(let edit): recovery.take(edit, at: world.now)
            case .recovery(let edit):
                recovery.take(edit, at: world.now)
                if edit.after?.value.hold != nil, world.hasEagerOperator { world.push(.operatorResumes, after: .seconds(10)) }
            case .size, .image, .operation, .key, .seed, .volume, .snapshot, .access, .joinToken, .credential, .capacity: break
            }
            mirror.take(change.change)
        }
        guard !left.isEmpty else { return }
        for id in left where mirror.instances[id] == nil && !mirror.isBuried(id) { isGone(id) }
    }

    private func stored(_ edit: Edit<InstanceRecord>, _ effects: Effects) {
        guard let before = edit.before?.value else { return }
        guard let after = edit.after?.value else {
            if before.instance.spec.desired != .deleted { world.clients.forEach { $0.allow(.absent, before.instance.name) } }
            return
        }
        if let node = executing[after.id]?.first, !damaged.contains(after.id) {
            let told = after.desired == nil ? nil : after.instance.placement.flatMap { world.numbers[$0.node] }
            if let told, told != node, before.desired == nil || before.instance.placement?.node != after.instance.placement?.node {
                broken(.movedAfterFencing, "\(after.instance.name) is told to \(world.nodes[told].label) and runs on \(world.nodes[node].label)")
            }
            if after.move?.proof != nil, before.move?.proof == nil {
                broken(
                    .movedAfterFencing, "\(after.instance.name) counts as gone (\(after.move?.proof ?? "")) and runs on \(world.nodes[node].label)")
            }
        }
        guard let place = before.instance.placement?.node, place != after.instance.placement?.node else { return }
        if before.instance.spec.recovery == .stay, !before.instance.spec.ephemeral { broken(.stays, "\(before.instance.name) leaves its node") }
        guard after.instance.placement == nil else { return }
        let isSaidDead = mirror.nodes[place]?.value.silence?.proof?.kind == .operatorsWord
        if let why = recovery.whyHeld(at: world.now, nodes: mirror.nodes.count, isSaidDead: isSaidDead) {
            broken(.brakeHolds, "\(after.instance.name) leaves its lost node, and \(why)")
        }
        let proof = after.move?.proof
        let isTold = effects.events.contains { event in
            event.reason == "InstanceRecovering" && event.subject == .instance(after.id, name: after.instance.name)
                && (proof.map { event.message.contains($0) } ?? true)
        }
        if !isTold { broken(.proofIsTold, "\(after.instance.name) leaves its lost node, and no event says why that is safe") }
    }

    private func isGone(_ id: InstanceID) {
        gone.insert(id)
        if let node = executing[id]?.first { broken(.deletedStaysDeleted, "\(id) is deleted and runs on \(world.nodes[node].label)") }
    }

    func opened(_ view: ClusterState) {
        checkAcknowledged()
        for node in world.nodes { checkRoom(on: node.id, view, view) }
    }

    func published(_ effects: Effects, view: ClusterState, ledger: ClusterState) {
        for step in effects.steps {
            switch step.step {
            case .allocated(let allocation):
                checkRoom(on: allocation.node, view, ledger)
                checkApart(allocation.instance, on: allocation.node, view)
            case .released(let allocation): checkRoom(on: allocation.node, view, ledger)
            case .node: break
            }
        }
    }

    func checkRoom(on node: NodeID, _ view: ClusterState, _ ledger: ClusterState) {
        guard let row = view.nodes[node] else { return }
        let held = view.instances(on: node)
        var sum = Resources.zero
        for record in held { sum += record.instance.placement?.allocation ?? .zero }
        let usage = ledger.engine.usage(of: node) ?? .zero
        if usage != sum {
            broken(
                .usageIsSum, "\(row.value.name) has \(usage.cpu) vCPU and \(usage.memory) in use; its allocations are \(sum.cpu) and \(sum.memory)")
        }
        guard !held.contains(where: \.found) else { return }
        let room = row.value.capacity.allocatable
        if sum.cpu > room.cpu || sum.memory > room.memory || sum.disk > room.disk {
            broken(.capacityHolds, "\(row.value.name) gives \(sum.memory) of \(room.memory)")
        }
    }

    private func checkApart(_ id: InstanceID, on node: NodeID, _ view: ClusterState) {
        guard let instance = view.instances[id]?.value.instance else { return }
        for rule in instance.spec.constraints.antiAffinity where rule.hard && rule.domain == nil {
            for other in view.instances(on: node) where other.id != id && other.instance.spec.groups.contains(rule.group) {
                broken(
                    .apart,
                    "\(instance.name) and \(other.instance.name) of “\(rule.group)” are both on \(world.nodes[world.numbers[node] ?? 0].label)")
            }
        }
    }

    // MARK: What clients were told

    func acknowledged(_ known: KnownInstance, by client: SimulatedClient) { check(known) }

    func checkAcknowledged() {
        for client in world.clients {
            for name in client.names { client.instances[name].map { check($0) } }
        }
    }

    private func check(_ known: KnownInstance) {
        var possible = known.possible.union(known.late)
        if possible.contains(.deleted) { possible.insert(.absent) }
        let record = mirror.named(known.name)
        // A drain that stops an instance starts it again.
        let isDrained = record?.stoppedByDrain == true && record?.instance.spec.desired == .stopped
        let found = isDrained ? .running : KnownInstance.Possible(record?.instance.spec.desired)
        guard !possible.contains(found) else { return }
        broken(
            .acknowledgedHolds,
            "the ledger has \(known.name) \(record.map { "as \($0.instance.spec.desired.rawValue)" } ?? "not at all"), and its client was told otherwise"
        )
    }

    func record(_ id: InstanceID) -> InstanceRecord? { mirror.instances[id]?.value }
}
