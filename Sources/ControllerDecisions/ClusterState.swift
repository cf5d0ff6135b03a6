import ClusterModel
import Placement

/// The ledger: all that is durable, and the placement engine that follows from it. A value without clock, I/O or chance;
/// `apply` takes a command and the time, and gives what it answers and what it changed.
package struct ClusterState: Sendable {
    package var settings: LedgerSettings
    /// The number of the latest change, step or event.
    package internal(set) var revision: Int64
    package internal(set) var engine: PlacementEngine

    package private(set) var nodes: [NodeID: Row<Node>] = [:]
    package private(set) var instances: [InstanceID: Row<InstanceRecord>] = [:]
    package private(set) var sizes: [Name: Row<Size>] = [:]
    package private(set) var images: [ImageID: Row<Image>] = [:]
    package private(set) var operations: [OperationID: Row<InstanceOperation>] = [:]
    package private(set) var tombstones: [TombstoneID: Row<Tombstone>] = [:]
    package private(set) var recovery: Row<Recovery>?
    package private(set) var keys: [ProjectName: Row<SSHKey>] = [:]
    package private(set) var seeds: [InstanceID: Row<KeptSeed>] = [:]
    package private(set) var storage = StorageIndex()
    package private(set) var access = AccessState()
    package private(set) var usage = ProjectUsage()
    private(set) var addresses = AddressIndex()
    package private(set) var enrolment = EnrolmentIndex()
    package private(set) var capacityHistory = CapacityHistory()
    private(set) var seedBytes = 0
    private(set) var expiring: [InstanceID: Timestamp] = [:]

    private(set) var nodeNames: [Name: NodeID] = [:]
    private(set) var instanceNames: [ProjectName: InstanceID] = [:]
    private(set) var imageNames: [ImageName: ImageID] = [:]
    private(set) var imageUse: [Digest: Int] = [:]
    private var residents: [NodeID: Set<InstanceID>] = [:]
    private var buried: [NodeID: Set<InstanceID>] = [:]
    private(set) var graves: [InstanceID: Set<NodeID>] = [:]
    private(set) var unrest = UnrestIndex()
    private(set) var visits = VisitIndex()
    /// In the order in which they are tried.
    private(set) var pending: [(place: PendingPlace, instance: InstanceID)] = []
    /// Every operation that was ever made, oldest first, less those that `expireOperations` has passed by.
    var operationOrder: [(key: Int64, operation: OperationID)] = []
    /// Room may have appeared since the pending instances were last tried; the place in the queue to go on from.
    package internal(set) var pendingCursor: PendingPlace?
    var losses = LossTimes()

    var effects = Effects()

    package init(settings: LedgerSettings) {
        self.settings = settings
        revision = 0
        engine = PlacementEngine(policy: settings.policy)
    }

    // MARK: Applying

    /// Never traps and never leaves half a command behind: a refused one has changed nothing.
    package mutating func apply(_ command: Command, at now: Timestamp) -> Outcome {
        let before = revision
        let cursor = pendingCursor
        effects = Effects()
        do throws(ErrorBody) {
            let answer = try perform(command, at: now)
            let done = effects
            effects = Effects()
            return Outcome(result: .success(answer), effects: done)
        } catch {
            undo(effects, to: before)
            pendingCursor = cursor
            effects = Effects()
            return Outcome(result: .failure(error), effects: Effects())
        }
    }

    private mutating func perform(_ command: Command, at now: Timestamp) throws(ErrorBody) -> Answer {
        switch command {
        case .launch(let launch): try self.launch(launch, at: now)
        case .start(let key, let operation): try start(key, operation: operation, at: now)
        case .stop(let key, let operation, let force, let within): try stop(key, operation: operation, force: force, within: within, at: now)
        case .reboot(let key, let operation): try reboot(key, operation: operation, at: now)
        case .migrate(let key, let order): try migrate(key, order, at: now)
        case .delete(let key, let operation): try delete(key, operation: operation, at: now)
        case .update(let key, let change): try update(key, change, at: now)
        case .expire(let id, let operation): try expire(id, operation: operation, at: now)
        case .adopt(let key): try adopt(key, at: now)
        case .destroy(let key, let operation): try destroy(key, operation: operation, at: now)
        case .cordon(let key): try setCordoned(key, true, at: now)
        case .uncordon(let key): try setCordoned(key, false, at: now)
        case .removeNode(let key): try removeNode(key, at: now)
        case .drain(let key, let stop, let parallel): try drain(key, stop: stop, parallel: parallel, at: now)
        case .confirmDead(let key, let diskGone): try confirmDead(key, diskGone: diskGone, at: now)
        case .fenced(let attempt): fenced(attempt, at: now)
        case .holdRecovery(let reason, let message): holdRecovery(reason, message, at: now)
        case .resumeRecovery: resumeRecovery(at: now)
        case .createSize(let size): try createSize(size, at: now)
        case .deleteSize(let name): try deleteSize(name, at: now)
        case .putImage(let image): try putImage(image, at: now)
        case .deleteImage(let key): try deleteImage(key, at: now)
        case .importKey(let key): try importKey(key, at: now)
        case .deleteKey(let name): try deleteKey(name, at: now)
        case .access(let command): try perform(command, at: now)
        case .cancel(let operation, let deletion): try cancel(operation, deletion: deletion, at: now)
        case .report(let report): try take(report, at: now)
        case .healthTick(let ages, let uptime): healthTick(ages, uptime: uptime, at: now)
        case .placePending(let again): placePending(again: again, at: now)
        case .expireOperations(let keep): expireOperations(keeping: keep)
        case .storage(let command): try perform(command, at: now)
        case .enrolment(let command): try perform(command, at: now)
        case .sampleCapacity: sampleCapacity(at: now)
        }
    }

    /// Takes back what was done last, for a batch whose commit failed.
    package mutating func undo(_ effects: Effects, to revision: Int64) {
        for step in effects.steps.reversed() { engine.apply(step.step.inverted) }
        for change in effects.changes.reversed() { install(change.change.inverted) }
        self.revision = revision
        pendingCursor = nil
    }

    // MARK: Changing

    private mutating func next() -> Int64 {
        revision += 1
        return revision
    }

    /// - Parameter number: makes the change, given the number that it gets.
    mutating func record(number make: (Int64) -> Change) {
        let number = next()
        record(make(number), number)
    }

    private mutating func record(_ change: Change, _ number: Int64) {
        install(change)
        effects.changes.append(NumberedChange(revision: number, change: change))
    }

    /// The number that the next change will get.
    var nextRevision: Int64 { revision + 1 }

    mutating func put(_ record: InstanceRecord) {
        let number = next()
        let before = instances[record.id]
        change(Edit(before: before, after: Row(key: before?.key ?? number, value: record)), number)
    }

    mutating func remove(_ record: InstanceRecord) { change(Edit(before: instances[record.id], after: nil), next()) }

    /// A node takes no more when its last address is taken.
    private mutating func change(_ edit: Edit<InstanceRecord>, _ number: Int64) {
        let places = [edit.before, edit.after].map { $0?.value.instance.placement }
        guard places[0]?.network != places[1]?.network || places[0]?.node != places[1]?.node else { return record(.instance(edit), number) }
        let changed = places.compactMap { $0.flatMap { $0.network == nil ? nil : placementNode($0.node) } }
        record(.instance(edit), number)
        for node in changed { admissionChanged(from: node) }
    }

    mutating func put(_ node: Node) {
        let number = next()
        let before = nodes[node.id]
        record(.node(Edit(before: before, after: Row(key: before?.key ?? number, value: node))), number)
    }

    mutating func remove(_ node: Node) { record(.node(Edit(before: nodes[node.id], after: nil)), next()) }

    mutating func put(_ operation: InstanceOperation) {
        var operation = operation
        if operation.project == nil { operation.project = instances[operation.instance]?.value.instance.project }
        let number = next()
        let before = operations[operation.id]
        record(.operation(Edit(before: before, after: Row(key: before?.key ?? number, value: operation))), number)
    }

    mutating func remove(_ operation: InstanceOperation) { record(.operation(Edit(before: operations[operation.id], after: nil)), next()) }

    mutating func put(_ size: Size) {
        let number = next()
        record(.size(Edit(before: nil, after: Row(key: number, value: size))), number)
    }

    mutating func remove(_ size: Size) { record(.size(Edit(before: sizes[size.name], after: nil)), next()) }

    mutating func put(_ image: Image) {
        let number = next()
        record(.image(Edit(before: nil, after: Row(key: number, value: image))), number)
    }

    mutating func remove(_ image: Image) { record(.image(Edit(before: images[image.id], after: nil)), next()) }

    mutating func put(_ seed: KeptSeed) {
        let number = next()
        let before = seeds[seed.instance]
        record(.seed(Edit(before: before, after: Row(key: before?.key ?? number, value: seed))), number)
    }

    mutating func remove(_ seed: KeptSeed) { record(.seed(Edit(before: seeds[seed.instance], after: nil)), next()) }

    mutating func put(_ tombstone: Tombstone) {
        let node = placementNode(tombstone.node)
        let number = next()
        let before = tombstones[tombstone.id]
        record(.tombstone(Edit(before: before, after: Row(key: before?.key ?? number, value: tombstone))), number)
        admissionChanged(from: node)
    }

    mutating func remove(_ tombstone: Tombstone) {
        let node = placementNode(tombstone.node)
        record(.tombstone(Edit(before: tombstones[tombstone.id], after: nil)), next())
        admissionChanged(from: node)
    }

    mutating func put(_ recovery: Recovery) {
        let number = next()
        let before = self.recovery
        record(.recovery(Edit(before: before, after: Row(key: before?.key ?? number, value: recovery))), number)
    }

    @discardableResult
    mutating func step(_ step: PlacementStep) -> Int64 {
        let number = next()
        engine.apply(step)
        effects.steps.append(NumberedStep(revision: number, step: step))
        return number
    }

    /// - Parameter project: whose it is, where the subject does not say it.
    mutating func note(
        _ level: Event.Level, _ reason: String, _ subject: Event.Subject, of project: Name? = nil, _ message: String, at now: Timestamp
    ) {
        let project = project ?? self.project(of: subject)
        effects.events.append(
            Event(revision: next(), index: 0, at: now, level: level, reason: reason, subject: subject, project: project, message: message))
    }

    // MARK: Indexes

    /// Puts a change into the rows and every index over them, and nothing else: also the way back, and the way in from the store.
    package mutating func install(_ change: Change) {
        switch change {
        case .node(let edit): install(node: edit)
        case .instance(let edit): install(instance: edit)
        case .size(let edit):
            if let before = edit.before { sizes[before.value.name] = nil }
            if let after = edit.after { sizes[after.value.name] = after }
        case .image(let edit):
            usage.apply(edit)
            if let before = edit.before {
                images[before.value.id] = nil
                imageNames[before.value.owned] = nil
            }
            if let after = edit.after {
                images[after.value.id] = after
                imageNames[after.value.owned] = after.value.id
            }
        case .operation(let edit):
            usage.apply(edit)
            if edit.before == nil, let after = edit.after { operationOrder.append((after.key, after.value.id)) }
            if let before = edit.before { operations[before.value.id] = nil }
            if let after = edit.after { operations[after.value.id] = after }
        case .key(let edit):
            if let before = edit.before { keys[before.value.owned] = nil }
            if let after = edit.after { keys[after.value.owned] = after }
        case .seed(let edit):
            if let before = edit.before {
                seeds[before.value.instance] = nil
                seedBytes -= before.value.seed.bytes
            }
            if let after = edit.after {
                seeds[after.value.instance] = after
                seedBytes += after.value.seed.bytes
            }
        case .tombstone(let edit): install(tombstone: edit)
        case .recovery(let edit): recovery = edit.after
        case .joinToken(let edit): enrolment.apply(edit)
        case .credential(let edit): enrolment.apply(edit)
        case .volume(let edit):
            storage.apply(edit)
            usage.apply(edit)
        case .snapshot(let edit):
            storage.apply(edit)
            usage.apply(edit)
        case .access(let change): access.install(change)
        case .capacity(let edit): capacityHistory.apply(edit)
        }
    }

    private mutating func install(tombstone edit: Edit<Tombstone>) {
        if let before = edit.before?.value {
            tombstones[before.id] = nil
            addresses.free(before.instance.network?.address, on: before.node)
            buried[before.node]?.remove(before.instance.id)
            if buried[before.node]?.isEmpty ?? false { buried[before.node] = nil }
            graves[before.instance.id]?.remove(before.node)
            if graves[before.instance.id]?.isEmpty ?? false { graves[before.instance.id] = nil }
        }
        if let after = edit.after {
            tombstones[after.value.id] = after
            addresses.take(after.value.instance.network?.address, on: after.value.node)
            buried[after.value.node, default: []].insert(after.value.instance.id)
            graves[after.value.instance.id, default: []].insert(after.value.node)
        }
    }

    private mutating func install(node edit: Edit<Node>) {
        unrest.apply(edit)
        losses.apply(edit)
        if let before = edit.before?.value {
            nodes[before.id] = nil
            nodeNames[before.name] = nil
        }
        if let after = edit.after {
            nodes[after.value.id] = after
            nodeNames[after.value.name] = after.value.id
        }
    }

    private mutating func install(instance edit: Edit<InstanceRecord>) {
        unrest.apply(edit)
        usage.apply(edit)
        visits.apply(edit)
        addresses.free(edit.before?.value.instance.placement)
        addresses.take(edit.after?.value.instance.placement)
        if let before = edit.before?.value, before.instance.spec.expiresAt != nil { expiring[before.id] = nil }
        if let after = edit.after?.value, after.instance.spec.desired != .deleted, let end = after.instance.spec.expiresAt {
            expiring[after.id] = end
        }
        if let before = edit.before, edit.after.map({ !Self.indexedAlike(before.value, $0.value) }) ?? true {
            let instance = before.value.instance
            instanceNames[ProjectName(project: instance.project, name: instance.name)] = nil
            if let node = instance.placement?.node {
                residents[node]?.remove(instance.id)
            } else {
                dequeue(PendingPlace(before))
            }
            count(instance.spec.image.digest, by: -1)
        }
        guard let after = edit.after else {
            if let before = edit.before { instances[before.value.id] = nil }
            return
        }
        let instance = after.value.instance
        instances[instance.id] = after
        if let before = edit.before, Self.indexedAlike(before.value, after.value) { return }
        instanceNames[ProjectName(project: instance.project, name: instance.name)] = instance.id
        if let node = instance.placement?.node {
            residents[node, default: []].insert(instance.id)
        } else {
            enqueue(PendingPlace(after), instance.id)
        }
        count(instance.spec.image.digest, by: 1)
    }

    private static func indexedAlike(_ left: InstanceRecord, _ right: InstanceRecord) -> Bool {
        left.instance.placement?.node == right.instance.placement?.node && left.instance.name == right.instance.name
            && left.instance.project == right.instance.project && left.instance.spec.image.digest == right.instance.spec.image.digest
    }

    func changeImage(of record: inout InstanceRecord, to image: Image) {
        record.instance.spec.image = ImageReference(name: image.name, digest: image.digest, format: image.format, bytes: image.bytes)
    }

    private mutating func count(_ digest: Digest, by difference: Int) {
        let uses = (imageUse[digest] ?? 0) + difference
        imageUse[digest] = uses > 0 ? uses : nil
    }

    private mutating func enqueue(_ place: PendingPlace, _ instance: InstanceID) {
        pending.insert((place, instance), at: firstPending(from: place))
    }

    private mutating func dequeue(_ place: PendingPlace) {
        let index = firstPending(from: place)
        if index < pending.count, pending[index].place == place { pending.remove(at: index) }
    }

    /// In no order.
    func rows(on node: NodeID) -> some Sequence<Row<InstanceRecord>> { (residents[node] ?? []).lazy.compactMap { instances[$0] } }

    /// In the order of their ids.
    package func instances(on node: NodeID) -> [InstanceRecord] {
        (residents[node] ?? []).sorted().compactMap { instances[$0]?.value }
    }

    package func tombstones(on node: NodeID) -> [Tombstone] {
        (buried[node] ?? []).sorted().compactMap { tombstones[TombstoneID(instance: $0, node: node)]?.value }
    }

    /// What is to be taken away there comes before everything else.
    package func owesRemoval(_ node: NodeID) -> Bool { buried[node] != nil }

    package var hasPending: Bool { !pending.isEmpty }

    package func count(on node: NodeID) -> Int { residents[node]?.count ?? 0 }
}
