import ClusterModel
import Placement

/// What nodes say of themselves and of what runs on them.
extension ClusterState {
    /// Nothing that a node says can trap or contradict the ledger into a broken state: what does not fit is noted and left alone.
    mutating func take(_ report: NodeReport, at now: Timestamp) throws(ErrorBody) -> Answer {
        guard report.observed.count <= LedgerSettings.Limit.observedPerReport else {
            throw .invalid("observed: \(report.observed.count) instances are too many for one report.")
        }
        if let registration = report.registration { try register(report.node, registration, at: now) }
        guard var node = nodes[report.node]?.value else { return .reported(known: false) }
        if node.health != .alive {
            setHealth(.alive, of: node, silence: nil, at: now)
            node.health = .alive
        }
        var bounds = ReportBounds(strangersThere: instances(on: node.id).count(where: \.isQuarantined))
        for observed in report.observed { take(observed, from: node, &bounds, at: now) }
        if bounds.leftOut > 0 {
            note(
                .warning, "ReportLeftOut", .node(node.id, name: node.name),
                "Node “\(node.name)” reports \(bounds.leftOut) more instances that aren't its own than are heeded.", at: now)
        }
        if report.full { takeAbsence(of: report.observed, on: node, at: now) }
        if let storage = report.storage { take(storage, from: node.id, at: now) }
        return .reported(known: true)
    }

    private mutating func register(_ id: NodeID, _ registration: NodeRegistration, at now: Timestamp) throws(ErrorBody) {
        try RegistrationCheck.check(registration)
        if let holder = nodeNames[registration.name], holder != id {
            throw .conflict(
                "The node name “\(registration.name)” belongs to the node with the id \(holder); give this node another name, "
                    + "or remove that one first with “berth node remove \(registration.name)”.")
        }
        guard let known = nodes[id]?.value else {
            guard nodes.count < LedgerSettings.Limit.nodes else { throw .tooMany("There are \(nodes.count) nodes, which is the most there may be.") }
            let node = Node(
                id: id, name: registration.name, labels: registration.labels, taints: registration.taints, facts: registration.facts,
                capacity: registration.capacity, cordoned: false, health: .alive, registeredAt: now)
            change(node)
            note(
                .info, "NodeJoined", .node(id, name: node.name),
                "Node “\(node.name)” joined with \(node.capacity.allocatable.cpu) vCPU and \(node.capacity.allocatable.memory) to give.", at: now)
            return
        }
        guard known.name == registration.name else {
            throw .conflict(
                "This node is registered as “\(known.name)” and now calls itself “\(registration.name)”; keep the name, "
                    + "or remove the node first with “berth node remove \(known.name)”.")
        }
        var node = known
        node.labels = registration.labels
        node.taints = registration.taints
        node.facts = registration.facts
        node.capacity = registration.capacity
        guard node != known else { return }
        change(node)
        if node.facts.network?.range != known.facts.network?.range { readdress(node, at: now) }
        note(.info, "NodeChanged", .node(id, name: node.name), "Node “\(node.name)” registered with changed facts.", at: now)
    }

    private mutating func take(_ observed: ObservedInstance, from node: Node, _ bounds: inout ReportBounds, at now: Timestamp) {
        if let tombstone = tombstones[TombstoneID(instance: observed.id, node: node.id)]?.value {
            return confirm(tombstone, by: observed, from: node, at: now)
        }
        guard let record = instances[observed.id]?.value else {
            takeUnknown(observed, from: node, &bounds, at: now)
            return
        }
        if record.migration?.peer == node.id { return hearPeer(of: record, observed, from: node, at: now) }
        guard record.instance.placement?.node == node.id else {
            guard observed.state != .absent, bounds.admitsElsewhere() else { return }
            note(
                .warning, "InstanceSeenElsewhere", .instance(record.id, name: record.instance.name),
                "Node “\(node.name)” reports instance “\(record.instance.name)”, which belongs to "
                    + "\(record.instance.placement.map { "node “\($0.nodeName)”" } ?? "no node yet"); it is left alone.", at: now)
            return
        }
        guard !record.isLeaving else { return }
        if observed.state == .absent, isGone(record, observed) {
            leave(record, node: node, at: now)
        } else {
            update(record, with: observed, node: node, at: now)
        }
        if record.migration != nil { hearOwner(of: record.id, observed, at: now) }
    }

    /// Only a node that has been told of the deletion confirms it: a late report from before that speaks of something else.
    private func isGone(_ record: InstanceRecord, _ observed: ObservedInstance) -> Bool {
        record.isQuarantined || (record.instance.spec.desired == .deleted && observed.generation >= record.instance.generation)
    }

    /// What a node says of something that does not belong there any more changes nothing but what it still has to take away.
    private mutating func confirm(_ tombstone: Tombstone, by observed: ObservedInstance, from node: Node, at now: Timestamp) {
        guard observed.state != .absent || observed.generation < tombstone.instance.generation else {
            remove(tombstone)
            finishClearing(of: observed.id, on: node.id, at: now)
            if let record = instances[observed.id]?.value, record.isLeaving, record.move?.from == node.id {
                arrive(record, why: "node “\(node.name)” has confirmed it", at: now)
            }
            return
        }
        guard observed.state != .absent, outranks(observed, tombstone), observed.generation < Int64.max / 2 else { return }
        // The ledger is older than what the node has acted on, after a restore: the node heeds only what is newer still.
        var raised = tombstone
        raised.instance.generation = observed.generation + 1
        raised.revision = nextRevision
        put(raised)
        guard var record = instances[observed.id]?.value, record.instance.generation < raised.instance.generation else { return }
        record.instance.generation = raised.instance.generation
        record.desiredRevision = nextRevision
        put(record)
    }

    /// It has acted on something else that is as new as its removal.
    private func outranks(_ observed: ObservedInstance, _ tombstone: Tombstone) -> Bool {
        let isUntouched = observed.state == .running || observed.state == .quarantined
        return observed.generation > tombstone.instance.generation || (observed.generation == tombstone.instance.generation && isUntouched)
    }

    /// Its node has confirmed that nothing is left of it.
    private mutating func leave(_ record: InstanceRecord, node: Node, at now: Timestamp) {
        endOperation(of: record, .succeeded, nil, at: now)
        forget(record, record.isQuarantined ? "is gone from node “\(node.name)” by itself" : "is deleted and gone from node “\(node.name)”", at: now)
    }

    private mutating func update(_ record: InstanceRecord, with observed: ObservedInstance, node: Node, at now: Timestamp) {
        var updated = record
        let reason = observed.reason.map { Printable($0, limit: 500).description }
        updated.observed = observed.state
        updated.observedReboots = max(0, observed.reboots)
        updated.instance.status.observedGeneration = max(0, observed.generation)
        updated.instance.status.reason = reason
        updated.instance.status.address = observed.address.map { Printable($0, limit: 64).description }
        updated.instance.status.pid = observed.pid
        updated.instance.status.restarts = max(0, observed.restarts)
        updated.instance.status.timings = observed.timings
        if observed.generation > updated.instance.generation, observed.generation < Int64.max / 2 {
            // The ledger is older than what the node has acted on, after a restore: the node heeds only what is newer still.
            updated.instance.generation = observed.generation + 1
            updated.desiredRevision = nextRevision
        }
        settle(&updated, reason: reason ?? "reported by \(node.name)", at: now)
        finishOperation(of: &updated, reason: reason, storage: observed.storage, at: now)
        takeStorage(observed.storage, of: &updated, at: now)
        guard updated != record else { return }
        put(updated)
        if unrest.draining.contains(node.id) { roomAppeared() }
        announce(from: record, to: updated, node: node, at: now)
    }

    private mutating func finishOperation(of record: inout InstanceRecord, reason: String?, storage: ObservedStorage?, at now: Timestamp) {
        guard let operation = currentOperation(of: record), operation.state == .running else { return }
        let progress = operation.progress(
            observed: record.observed, generation: record.instance.status.observedGeneration,
            rebooted: record.observedReboots >= record.instance.spec.reboots, reason: reason, storage: storage)
        switch progress {
        case .goesOn: return
        case .succeeded(let message): endOperation(of: record, .succeeded, message, at: now)
        case .failed(let message): endOperation(of: record, .failed, message, at: now)
        }
        record.operation = nil
    }

    private mutating func announce(from old: InstanceRecord, to new: InstanceRecord, node: Node, at now: Timestamp) {
        let state = new.instance.status.state
        guard state != old.instance.status.state else { return }
        let subject = Event.Subject.instance(new.id, name: new.instance.name)
        let name = new.instance.name
        switch state {
        case .running: note(.info, "InstanceRunning", subject, "Instance “\(name)” runs on \(node.name).", at: now)
        case .stopped: note(.info, "InstanceStopped", subject, "Instance “\(name)” has stopped.", at: now)
        case .failed:
            note(.error, "InstanceFailed", subject, "Instance “\(name)” failed: \(new.instance.status.reason ?? "no reason given").", at: now)
        case .pending, .scheduled, .preparing, .starting, .stopping, .unknown, .deleting, .quarantined: break
        }
    }

    // MARK: Strangers

    private mutating func takeUnknown(_ observed: ObservedInstance, from node: Node, _ bounds: inout ReportBounds, at now: Timestamp) {
        guard observed.state != .absent, instances.count < LedgerSettings.Limit.instances, bounds.admitsStranger() else { return }
        let resources = observed.resources.clamped
        var instance = Instance(
            id: observed.id, name: strangerName(observed), project: Self.defaultProject, generation: max(1, min(observed.generation, Int64.max / 2)),
            spec: InstanceSpec(size: Self.unknownName, resources: resources, image: Self.unknownImage, restart: .never),
            status: InstanceStatus(state: .quarantined, observedGeneration: max(0, observed.generation), pid: observed.pid, since: now),
            placement: nil,
            createdAt: now,
            history: [Transition(at: now, from: nil, to: .quarantined, reason: "found on \(node.name), where nobody asked for it")])
        let allocation = Allocation(instance: observed.id, node: node.id, resources: resources)
        let number = step(.allocated(allocation))
        instance.placement = InstancePlacement(node: node.id, nodeName: node.name, allocation: resources, decidedAt: now, revision: number)
        instance.status.address = observed.address.map { Printable($0, limit: 64).description }
        var record = InstanceRecord(instance: instance, desiredRevision: nextRevision, operation: nil, found: true)
        record.observed = observed.state
        put(record)
        note(
            .warning, "InstanceQuarantined", .instance(instance.id, name: instance.name),
            "Node “\(node.name)” runs “\(instance.name)”, which nobody asked for; adopt or destroy it.", at: now)
    }

    private func strangerName(_ observed: ObservedInstance) -> Name {
        let taken = instanceNames[ProjectName(project: Self.defaultProject, name: observed.name)] != nil
        guard taken else { return observed.name }
        let full = "\(observed.name.text.prefix(26))-\(observed.id.description)"
        return (try? Name(full)) ?? Self.unknownName
    }

    /// A full report speaks of what it leaves out, too; but it does not confirm a removal, since it may be from before the node was told of it.
    private mutating func takeAbsence(of observed: [ObservedInstance], on node: Node, at now: Timestamp) {
        let present = Set(observed.map(\.id))
        for record in instances(on: node.id) where !present.contains(record.id) && !record.isLeaving {
            if record.isQuarantined {
                leave(record, node: node, at: now)
            } else if record.observed != nil, record.observed != .absent {
                let status = record.instance.status
                let absent = ObservedInstance(
                    id: record.id, name: record.instance.name, generation: status.observedGeneration, state: .absent,
                    reason: "node \(node.name) no longer has it", restarts: status.restarts, reboots: record.observedReboots,
                    resources: record.instance.spec.resources)
                update(record, with: absent, node: node, at: now)
                hearOwner(of: record.id, absent, at: now)
            }
        }
    }

    package static let defaultProject = Project.first
    static let unknownName = known("unknown")
    static let unknownImage = ImageReference(name: unknownName, digest: knownDigest, format: .raw, bytes: 0)

    private static let knownDigest: Digest = {
        guard let digest = Digest(hex: String(repeating: "0", count: 64)) else { preconditionFailure("64 zeros are a digest") }
        return digest
    }()

    private static func known(_ text: String) -> Name {
        guard let name = try? Name(text) else { preconditionFailure("“\(text)” is a name") }
        return name
    }
}

extension Resources {
    /// What a node claims, brought into the range in which sums can't overflow.
    var clamped: Resources {
        func clamp(_ amount: Int64) -> Int64 { min(max(0, amount), Self.maximumAmount) }
        return Resources(
            cpu: MilliCPU(clamp(cpu.count)), memory: MiB(clamp(memory.count)), disk: MiB(clamp(disk.count)),
            devices: devices.prefix(32).map { DeviceCount(name: $0.name, count: clamp($0.count)) })
    }
}
