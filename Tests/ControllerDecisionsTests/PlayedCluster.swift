import ClusterModel
import ControllerDecisions

/// A ledger and agents that obey it, one short step with each of their syncs. Time is nobody's business here: a node is lost when the test says so,
/// and the lease that it held then is over.
struct PlayedCluster {
    struct VM: Hashable {
        var desired: DesiredInstance
        var state: ObservedInstance.State
        /// What has become of its disks; nil before the first step.
        var storage: ObservedStorage?
        var report: MigrationReport?
        /// Its guest stands still: it can't run before it is let go.
        var isHeld = false
    }

    struct Agent {
        var cpus: Int64
        var vms: [InstanceID: VM] = [:]
        /// Removals of what is not here: the answer is owed all the same.
        var gone: [InstanceID: DesiredInstance] = [:]
        var seen: Int64 = 0
        var owesEverything = true
        var hasLease = false
        /// No message arrives, either way.
        var isCut = false
        /// As told, and those of them whose data is there.
        var volumes: [VolumeID: DesiredVolume] = [:]
        var made: Set<VolumeID> = []
        /// Those of them that have all that was ever written.
        var whole: Set<VolumeID> = []
        /// Its next steps with an instance fail for good.
        var fails = false
    }

    /// What happens to the messages of a sync.
    struct Weather {
        var dropsAnswer = false
        var repeatsReport = false
        var repeatsAnswer = false
    }

    var ledger: PlayedLedger
    var agents: [NodeID: Agent] = [:]
    var weather = Weather()
    /// The next command's commit fails, and is asked for again.
    var failsNextCommit = false
    /// Volumes that were made somewhere.
    private var written: Set<VolumeID> = []
    /// Whether nodes that register take part in migrations.
    var migrates = false

    init(nodes: Int, cpus: Int64 = 4, recovery: RecoverySettings = RecoverySettings(maxLostShare: 1000)) {
        ledger = PlayedLedger(recovery: recovery)
        for number in 1...nodes { join(UInt64(number), cpus: cpus) }
    }

    @discardableResult
    mutating func join(_ number: UInt64, cpus: Int64) -> NodeID {
        let node = ledger.join(number, cpus: cpus, memory: 16384, migrates: migrates)
        agents[node] = Agent(cpus: cpus)
        return node
    }

    /// Its node says again what it is.
    mutating func register(_ node: NodeID) {
        agents[node]?.owesEverything = true
        sync(node)
    }

    var nodeIDs: [NodeID] { agents.keys.sorted() }

    @discardableResult
    mutating func apply(_ command: Command) -> Outcome {
        if failsNextCommit {
            failsNextCommit = false
            let before = ledger.state.revision
            let outcome = ledger.apply(command)
            ledger.state.undo(outcome.effects, to: before)
        }
        let outcome = ledger.apply(command)
        ledger.settle()
        return outcome
    }

    // MARK: Agents

    /// One sync of one node: its report, the answer, and the next step of everything there.
    mutating func sync(_ node: NodeID) {
        guard var agent = agents[node], !agent.isCut, let number = nodeIDs.firstIndex(of: node) else { return }
        if ledger.state.nodes[node] == nil { agent.forgetSession() }
        let report = NodeReport(
            node: node,
            registration: agent.owesEverything
                ? PlayedLedger.registration("n\(number + 1)", cpus: agent.cpus, memory: 16384, migrates: migrates) : nil,
            full: agent.owesEverything,
            observed: agent.observations, storage: agent.storage)
        for _ in 0..<(weather.repeatsReport ? 2 : 1) { apply(.report(report)) }
        if !weather.dropsAnswer {
            agent.owesEverything = false
            // What was said has arrived.
            agent.gone = [:]
            for _ in 0..<(weather.repeatsAnswer ? 2 : 1) { agent.take(ledger.state.desiredSet(of: node, seen: agent.seen)) }
            agent.hasLease = ledger.state.nodes[node]?.value.health == .alive && !ledger.state.owesRemoval(node)
        }
        agent.work()
        // The first of its kind is what is written to; one that is made later is empty.
        agent.whole.formUnion(agent.made.subtracting(written))
        written.formUnion(agent.made)
        agents[node] = agent
        transfer(from: node)
    }

    /// What its VMs send to others: in two steps, since a fault may come between.
    private mutating func transfer(from node: NodeID) {
        for (id, vm) in agents[node]?.vms ?? [:] {
            guard let order = vm.desired.migration, order.part == .send else { continue }
            if vm.report?.id == order.id, vm.report?.stage != .sending { continue }
            let target = nodeIDs.first {
                agents[$0]?.isCut == false && agents[$0]?.vms[id]?.report.map { $0.id == order.id && $0.stage == .ready } ?? false
            }
            let goes = vm.state == (order.live ? .running : .stopped) && agents[node]?.isCut == false && agents[node]?.fails == false
            guard let target, goes else {
                agents[node]?.vms[id]?.report = MigrationReport(id: order.id, stage: .failed, reason: "it broke off")
                continue
            }
            guard vm.report != nil else {
                agents[node]?.vms[id]?.report = MigrationReport(
                    id: order.id, stage: .sending, progress: TransferProgress(total: 10, remaining: 5, rate: 1))
                continue
            }
            agents[node]?.vms[id]?.report?.stage = .handedOver
            agents[node]?.vms[id]?.isHeld = order.live
            agents[target]?.vms[id]?.report?.stage = .received
            let carried = (vm.desired.storage?.volumes ?? []).map(\.id).filter { agents[node]?.whole.contains($0) ?? false }
            let arrived = agents[target]?.made.intersection(carried) ?? []
            agents[target]?.whole.formUnion(arrived)
        }
    }

    mutating func syncAll() { for node in nodeIDs { sync(node) } }

    /// Cut off until its lease is surely over, which is when the ledger calls it lost.
    mutating func lose(_ node: NodeID) {
        agents[node]?.isCut = true
        agents[node]?.lapse()
        apply(.healthTick([.init(node: node, age: Milliseconds(seconds: 40), wasHeard: true, timing: HeartbeatTiming())], uptime: ledger.uptime))
    }

    mutating func heal(_ node: NodeID) { agents[node]?.isCut = false }

    /// Its agent begins anew; its VMs run on.
    mutating func restartAgent(_ node: NodeID) {
        agents[node]?.forgetSession()
    }

    // MARK: What is true

    func runs(_ id: InstanceID) -> [NodeID] {
        nodeIDs.filter { agents[$0]?.vms[id].map { !$0.isHeld && [.starting, .running, .stopping].contains($0.state) } ?? false }
    }

    var runningTwice: [InstanceID] { Set(agents.values.flatMap(\.vms.keys)).filter { runs($0).count > 1 }.sorted() }

    /// Nothing is wrong with any node, and everybody has said and heard everything.
    mutating func calm() {
        weather = Weather()
        for node in nodeIDs {
            agents[node]?.isCut = false
            agents[node]?.fails = false
        }
        for node in nodeIDs where ledger.state.nodes[node] != nil { apply(.uncordon(.id(node))) }
        apply(.resumeRecovery)
        for _ in 0..<12 { syncAll() }
    }
}

extension PlayedCluster.Agent {
    var observations: [ObservedInstance] {
        let here = vms.values.map { vm in
            ObservedInstance(
                id: vm.desired.id, name: vm.desired.name, generation: vm.desired.generation, state: vm.state, reboots: vm.desired.reboots,
                resources: vm.desired.resources,
                storage: vm.desired.storage == nil ? nil : vm.storage ?? ObservedStorage(generation: 0), migration: vm.report)
        }
        let gone = gone.values.map { desired in
            ObservedInstance(id: desired.id, name: desired.name, generation: desired.generation, state: .absent, resources: .zero)
        }
        return (here + gone).sorted { $0.id < $1.id }
    }

    mutating func take(_ set: DesiredSet) {
        seen = set.revision
        for desired in set.instances {
            guard let vm = vms[desired.id] else {
                if desired.desired == .deleted { gone[desired.id] = desired } else { vms[desired.id] = .init(desired: desired, state: .preparing) }
                continue
            }
            guard desired.generation > vm.desired.generation else { continue }
            vms[desired.id]?.desired = desired
            if vm.state == .failed { vms[desired.id]?.state = .preparing }
        }
        for volume in set.volumes ?? [] where volume.generation >= volumes[volume.id]?.generation ?? 0 { volumes[volume.id] = volume }
    }

    /// All of it, every time.
    var storage: ObservedNodeStorage {
        let seen = volumes.values.map { volume in
            let isThere = made.contains(volume.id)
            let state: ObservedVolume.State = isThere ? .ready : volume.deleted ? .absent : volume.made ? .failed : .making
            return ObservedVolume(id: volume.id, generation: volume.generation, state: state, size: isThere ? volume.size : nil)
        }
        return ObservedNodeStorage(
            volumes: seen.sorted { $0.id < $1.id }, pools: [StoragePool(name: name("default"), total: MiB(1 << 20), available: MiB(1 << 20))])
    }

    private mutating func workOnDisks() {
        for (id, volume) in volumes {
            if volume.deleted {
                made.remove(id)
                whole.remove(id)
            } else if !volume.made {
                made.insert(id)
            }
        }
        for (id, vm) in vms {
            guard let wanted = vm.desired.storage, vm.state == .running || vm.state == .stopped else { continue }
            let missing = wanted.volumes.filter { !made.contains($0.id) }
            guard vm.storage?.generation != vm.desired.generation else { continue }
            let before = Set(vm.storage?.snapshots.map(\.id) ?? [])
            let snapshots = wanted.snapshots.filter { !$0.deleted && (before.contains($0.id) || !fails) }
            vms[id]?.storage = ObservedStorage(
                generation: vm.desired.generation, failure: fails || !missing.isEmpty ? "it broke" : nil,
                volumes: fails ? [] : wanted.volumes.map(\.id).filter { made.contains($0) },
                snapshots: snapshots.map { ObservedSnapshot(id: $0.id, consistency: .crash) })
        }
    }

    mutating func work() {
        workOnDisks()
        for (id, vm) in vms.sorted(by: { $0.key < $1.key }) {
            if let order = vm.desired.migration {
                if order.part == .receive { receive(id, order) }
                continue
            }
            if let report = vm.report {
                vms[id]?.report = nil
                vms[id]?.isHeld = false
                if vm.desired.desired != .running {
                    vms[id]?.state = .stopped
                } else if report.stage == .ready || report.stage == .received {
                    letGo(id, report)
                }
                continue
            }
            let isAllowed = !vm.desired.fenced || hasLease
            switch (vm.desired.desired, vm.state) {
            case (.running, _) where fails && vm.state != .running: vms[id]?.state = .failed
            case (.running, .preparing) where isAllowed: vms[id]?.state = .starting
            case (.running, .stopped) where isAllowed: vms[id]?.state = .starting
            case (.running, .starting): vms[id]?.state = .running
            case (.running, .stopping): vms[id]?.state = .stopped
            case (.stopped, .running), (.stopped, .starting), (.deleted, .running), (.deleted, .starting): vms[id]?.state = .stopping
            case (.stopped, _): vms[id]?.state = .stopped
            case (.deleted, _):
                vms[id] = nil
                gone[id] = vm.desired
            case (.running, _): break
            }
        }
    }

    private mutating func receive(_ id: InstanceID, _ order: MigrationOrder) {
        guard !fails else {
            vms[id]?.state = .failed
            return
        }
        guard vms[id]?.report?.id != order.id else { return }
        guard vms[id]?.desired.storage?.volumes.allSatisfy({ made.contains($0.id) }) ?? true else { return }
        vms[id]?.isHeld = true
        vms[id]?.report = MigrationReport(id: order.id, stage: .ready, secret: String(repeating: "a", count: 64))
    }

    /// The ledger has said that it goes on here; what never came whole is begun anew from its disk.
    private mutating func letGo(_ id: InstanceID, _ report: MigrationReport) {
        let isWhole = report.stage == .received
        let mayRun = vms[id]?.desired.fenced == false || hasLease
        vms[id]?.state = isWhole && mayRun ? .running : .preparing
    }

    mutating func forgetSession() {
        owesEverything = true
        seen = 0
    }

    /// The machine is off.
    mutating func end() {
        hasLease = false
        for (id, vm) in vms where [.starting, .running, .stopping].contains(vm.state) || vm.isHeld { halt(id, vm) }
    }

    /// The lease is over: the cages have ended what was fenced.
    mutating func lapse() {
        hasLease = false
        for (id, vm) in vms where vm.desired.fenced && ([.starting, .running, .stopping].contains(vm.state) || vm.isHeld) { halt(id, vm) }
    }

    private mutating func halt(_ id: InstanceID, _ vm: PlayedCluster.VM) {
        vms[id]?.state = vm.desired.migration?.part == .receive ? .failed : .stopped
        vms[id]?.report = nil
        vms[id]?.isHeld = false
    }
}
