import ClusterModel
import ControllerDecisions
import FoundationEssentials

extension PlayedLedger {
    private static let nodeIDs: [NodeID] = (1...5).map { identifier(2_000_000 + UInt64($0)) }

    /// One command, as likely nonsense as sense: names that are taken, nodes that are not there, reports that contradict the ledger.
    mutating func randomCommand(using generator: inout SplitMix) -> Command {
        let known = state.instances.values.map(\.value).sorted { $0.id < $1.id }
        let some = known.randomElement(using: &generator)
        let key: InstanceKey = some.map { .id($0.id) } ?? .name(ProjectName(project: ClusterState.defaultProject, name: name("nobody")))
        let node = Self.nodeIDs.randomElement(using: &generator) ?? Self.identifier(0)
        switch Int.random(in: 0..<36, using: &generator) {
        case 0...4: return randomLaunch(using: &generator)
        case 5: return .start(key, newID())
        case 6: return .stop(key, newID(), force: Bool.random(using: &generator), within: nil)
        case 7: return .reboot(key, newID())
        case 8, 9: return .delete(key, newID())
        case 10: return .adopt(key)
        case 11: return .destroy(key, newID())
        case 12: return Bool.random(using: &generator) ? .cordon(.id(node)) : .uncordon(.id(node))
        case 13: return .removeNode(.id(node))
        case 14, 24, 25:
            return .healthTick(
                Self.nodeIDs.map {
                    .init(
                        node: $0, age: Milliseconds(Int64.random(in: 0...40_000, using: &generator)),
                        wasHeard: Int.random(in: 0..<8, using: &generator) > 0, timing: HeartbeatTiming())
                }, uptime: Milliseconds(Int64.random(in: 0...4_000_000, using: &generator)))
        case 15: return .cancel(some?.operation ?? newID(), deletion: newID())
        case 16:
            return .createSize(Size(name: name("s\(Int.random(in: 0...3, using: &generator))"), resources: randomResources(using: &generator)))
        case 17: return .deleteSize(name("s\(Int.random(in: 0...3, using: &generator))"))
        case 18: return .expireOperations(keep: Int.random(in: 0...20, using: &generator))
        case 19: return .placePending(again: true)
        case 20: return .drain(.id(node), stop: Bool.random(using: &generator), parallel: Int.random(in: 0...3, using: &generator))
        case 21: return .confirmDead(.id(node), diskGone: Bool.random(using: &generator))
        case 22:
            return .fenced(
                .init(
                    node: node, since: state.nodes[node]?.value.silence?.since ?? now, succeeded: Bool.random(using: &generator), attempt: 1,
                    attempts: 3, output: "off"))
        case 23:
            let reason = RecoveryHold.Reason.allCases.randomElement(using: &generator) ?? .operatorsWord
            return Int.random(in: 0..<3, using: &generator) == 0 ? .holdRecovery(reason, message: "because") : .resumeRecovery
        case 28:
            var change = Command.Update()
            change.name = Bool.random(using: &generator) ? name("i\(Int.random(in: 0...6, using: &generator))") : nil
            change.protected = [nil, true, false].randomElement(using: &generator) ?? nil
            change.expiry = [nil, .never, .after(Milliseconds(5000))].randomElement(using: &generator) ?? nil
            return .update(key, change)
        case 30:
            return .migrate(
                key,
                .init(
                    operation: newID(), target: Bool.random(using: &generator) ? .id(node) : nil,
                    live: [nil, true, false].randomElement(using: &generator) ?? nil,
                    limits: MigrationLimits(maxDowntime: Milliseconds(Int64.random(in: 5...200, using: &generator)))))
        case 29: return .expire(some?.id ?? newID(), newID())
        case 26:
            let number = Int.random(in: 0...3, using: &generator)
            let blob = "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            guard let key = try? SSHPublicKey("ssh-ed25519 \(blob) k\(number)") else { preconditionFailure("it is a key") }
            let at = Timestamp(milliseconds: 0)
            return .importKey(SSHKey(name: name("k\(number)"), publicKey: key, fingerprint: "SHA256:\(number)", createdAt: at))
        case 27: return .deleteKey(ProjectName(project: Project.first, name: name("k\(Int.random(in: 0...3, using: &generator))")))
        default: return .report(randomReport(node, using: &generator))
        }
    }

    private mutating func randomLaunch(using generator: inout SplitMix) -> Command {
        let count = Int.random(in: 0...4, using: &generator)
        var constraints = Constraints()
        if Bool.random(using: &generator) { constraints.antiAffinity = [.init(group: name("g"))] }
        let ids = (0..<count).map { _ in (instance: newID(Instance.self), operation: newID(InstanceOperation.self)) }
        return .launch(
            .init(
                name: Bool.random(using: &generator) ? name("i\(Int.random(in: 0...6, using: &generator))") : nil,
                project: ClusterState.defaultProject, size: ["tiny", "small", "medium", "s1"].randomElement(using: &generator).map(name),
                groups: Bool.random(using: &generator) ? [name("g")] : [], constraints: constraints, queue: Bool.random(using: &generator),
                recovery: [.stay, .fenced, nil].randomElement(using: &generator) ?? nil, ephemeral: Bool.random(using: &generator),
                priority: Int.random(in: -1001...1001, using: &generator), allOrNone: Bool.random(using: &generator),
                userData: Bool.random(using: &generator) ? Data([1, 2, 3]) : nil,
                keyNames: Int.random(in: 0...3, using: &generator) == 0 ? [name("k1")] : [], ids: ids))
    }

    private func randomPart(_ migration: InstanceMigration, using generator: inout SplitMix) -> MigrationReport {
        let stages: [MigrationReport.Stage] = [.ready, .ready, .sending, .handedOver, .handedOver, .received, .received, .failed]
        return MigrationReport(
            id: migration.operation, stage: stages.randomElement(using: &generator) ?? .ready, secret: String(repeating: "a", count: 64),
            progress: TransferProgress(total: .max, remaining: -1, rate: 0))
    }

    private func randomResources(using generator: inout SplitMix) -> Resources {
        let amounts: [Int64] = [.min, -1, 0, 1, 100, 500, 1000, 4000, Resources.maximumAmount, .max]
        func amount() -> Int64 { amounts.randomElement(using: &generator) ?? 0 }
        return Resources(cpu: MilliCPU(amount()), memory: MiB(amount()), disk: MiB(amount()))
    }

    private mutating func randomReport(_ node: NodeID, using generator: inout SplitMix) -> NodeReport {
        let states: [ObservedInstance.State] = [.preparing, .starting, .running, .stopping, .stopped, .failed, .absent, .quarantined]
        let known = state.instances.values.map(\.value).sorted { $0.id < $1.id }
        let buried = state.tombstones.keys.sorted().filter { $0.node == node }.map(\.instance)
        let stranger: InstanceID = Self.identifier(3_000_000 + UInt64.random(in: 0...3, using: &generator))
        var observed: [ObservedInstance] = []
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            let instance = known.randomElement(using: &generator)
            let useStranger = Int.random(in: 0..<6, using: &generator) == 0
            let mourns = Int.random(in: 0..<3, using: &generator) == 0
            let id = useStranger ? stranger : (mourns ? buried.randomElement(using: &generator) : nil) ?? instance?.id ?? stranger
            let generations = [instance?.instance.generation ?? 1, instance?.instance.generation ?? 1, 0, -1, 7, .max]
            observed.append(
                ObservedInstance(
                    id: id, name: instance?.instance.name ?? name("stranger"), generation: generations.randomElement(using: &generator) ?? 1,
                    state: states.randomElement(using: &generator) ?? .running, reason: "because",
                    restarts: Int.random(in: -1...3, using: &generator), reboots: instance?.instance.spec.reboots ?? 0,
                    resources: useStranger ? randomResources(using: &generator) : instance?.instance.spec.resources ?? .zero,
                    migration: instance?.migration.map { randomPart($0, using: &generator) }))
        }
        let number = Self.nodeIDs.firstIndex(of: node).map { $0 + 1 } ?? 1
        let registers = Bool.random(using: &generator)
        return NodeReport(
            node: node,
            registration: registers ? Self.registration("n\(number)", cpus: Int64.random(in: 1...8, using: &generator), migrates: true) : nil,
            full: Bool.random(using: &generator), observed: observed)
    }
}
