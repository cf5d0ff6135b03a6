import ClusterModel
import Placement

extension ClusterState {
    mutating func launch(_ launch: Command.Launch, at now: Timestamp) throws(ErrorBody) -> Answer {
        try checkProject(launch.project)
        var template = try spec(of: launch)
        let seed = try seed(of: launch)
        template.protected = launch.protected
        if let time = launch.expiresIn { template.expiresAt = try LaunchCheck.moment(after: time, now) }
        try LaunchCheck.keeping(template)
        template.seed = seed?.summary(keys: launch.keyNames)
        guard launch.ids.count <= LedgerSettings.Limit.instances - instances.count else {
            throw .tooMany("This cluster holds \(instances.count) instances, and \(LedgerSettings.Limit.instances) is the most it takes.")
        }
        try checkQuota(launch.project, adding: QuotaUsage(instances: Int64(launch.ids.count), of: template.resources))
        try checkOperations(in: launch.project, adding: launch.ids.count)
        var answer = Answer.Launched()
        for (index, ids) in launch.ids.enumerated() {
            let name = try instanceName(launch, index: index, id: ids.instance)
            let refused = try launchOne(ids, name: name, launch: launch, template: template, at: now, into: &answer)
            guard let refused else {
                if let seed { put(KeptSeed(instance: ids.instance, seed: seed)) }
                continue
            }
            if launch.allOrNone || launch.ids.count == 1 {
                throw noCapacity(refused, launch: launch, request: Self.request(template, instance: ids.instance), placed: answer.instances.count)
            }
            answer.unplaced += 1
            answer.noPlacement = refused
        }
        if answer.instances.isEmpty, let refused = answer.noPlacement, let ids = launch.ids.first {
            throw noCapacity(refused, launch: launch, request: Self.request(template, instance: ids.instance), placed: 0)
        }
        return .launched(answer)
    }

    /// Where the request would go if it were launched now, without the name being taken or checked.
    package func request(for launch: Command.Launch, instance: InstanceID, at now: Timestamp) throws(ErrorBody) -> PlacementRequest {
        var request = Self.request(try spec(of: launch), instance: instance)
        if let time = launch.expiresIn { request.expiresAt = try LaunchCheck.moment(after: time, now) }
        return request
    }

    package static func request(_ spec: InstanceSpec, instance: InstanceID) -> PlacementRequest {
        PlacementRequest(
            instance: instance, resources: spec.resources, groups: spec.groups, constraints: spec.constraints, policy: spec.policy,
            image: spec.image.digest, expiresAt: spec.expiresAt)
    }

    private mutating func launchOne(
        _ ids: (instance: InstanceID, operation: OperationID), name: Name, launch: Command.Launch, template: InstanceSpec, at now: Timestamp,
        into answer: inout Answer.Launched
    ) throws(ErrorBody) -> NoPlacement? {
        let decision: PlacementDecision?
        do {
            decision = try engine.place(Self.request(template, instance: ids.instance))
        } catch {
            guard template.queued else { return error }
            guard pending.count < LedgerSettings.Limit.pending else {
                throw .tooMany("\(pending.count) instances wait for room already, which is the most that may; try again later.")
            }
            decision = nil
        }
        try place(ids, name: name, launch: launch, template: template, decision, at: now, into: &answer)
        return nil
    }

    /// On the books, where it was decided or else waiting for room.
    mutating func place(
        _ ids: (instance: InstanceID, operation: OperationID), name: Name, launch: Command.Launch, template: InstanceSpec,
        _ decision: PlacementDecision?, storage: InstanceStorage? = nil, at now: Timestamp, into answer: inout Answer.Launched
    ) throws(ErrorBody) {
        guard instances[ids.instance] == nil, operations[ids.operation] == nil, graves[ids.instance] == nil else {
            throw .conflict("The id \(ids.instance) is in use.")
        }
        let state = decision == nil ? InstanceState.pending : .scheduled
        let reason = decision.map { "placed on \($0.nodeName)" } ?? "waits for room"
        var instance = Instance(
            id: ids.instance, name: name, project: launch.project, generation: 1, spec: template, status: InstanceStatus(state: state, since: now),
            placement: nil, createdAt: now, history: [Transition(at: now, from: nil, to: state, reason: reason)])
        if let decision { instance.placement = allocate(decision, at: now) }
        let operation = InstanceOperation(
            id: ids.operation, kind: .launch, instance: ids.instance, instanceName: name, project: launch.project, generation: 1, createdAt: now)
        var record = InstanceRecord(instance: instance, desiredRevision: nextRevision, operation: operation.id)
        record.storage = storage
        put(record)
        put(operation)
        note(
            .info, decision == nil ? "InstancePending" : "InstancePlaced", .instance(instance.id, name: name), "Instance “\(name)” \(reason).",
            at: now)
        answer.instances.append(instance)
        answer.operations.append(operation)
    }

    mutating func allocate(_ decision: PlacementDecision, at now: Timestamp) -> InstancePlacement {
        let number = step(.allocated(decision.allocation))
        return InstancePlacement(
            node: decision.node, nodeName: decision.nodeName, allocation: decision.allocation.resources, decidedAt: now, revision: number,
            network: address(on: decision.node, for: decision.allocation.instance))
    }

    // MARK: The request made whole

    func spec(of launch: Command.Launch) throws(ErrorBody) -> InstanceSpec {
        guard !launch.ids.isEmpty, launch.ids.count <= LedgerSettings.Limit.launchCount else {
            throw .invalid("count: \(launch.ids.count) is out of range: 1 to \(LedgerSettings.Limit.launchCount) instances may be launched at once.")
        }
        try LaunchCheck.check(launch)
        let sizeName = launch.size ?? settings.defaultSize
        guard let size = sizes[sizeName]?.value else {
            throw ErrorBody(code: .notFound, message: "There is no size “\(sizeName)”; see “berth size list”.")
        }
        let imageName = launch.image ?? settings.defaultImage
        guard let imageID = self.image(named: imageName, in: launch.project), let image = images[imageID]?.value else {
            throw ErrorBody(
                code: .notFound, message: "There is no image “\(imageName)”; import one with “berth image import FILE --name \(imageName)”.")
        }
        guard image.minimumDisk <= size.resources.disk else {
            throw .invalid(
                "size: the image “\(image.name)” needs a disk of \(image.minimumDisk), and the size “\(size.name)” has \(size.resources.disk).")
        }
        var constraints = launch.constraints
        for trait in size.traits where !constraints.traits.contains(trait) { constraints.traits.append(trait) }
        constraints.architecture = constraints.architecture ?? image.architecture
        guard constraints.architecture == image.architecture else {
            throw .invalid("constraints.architecture: the image “\(image.name)” is for \(image.architecture.rawValue).")
        }
        return InstanceSpec(
            size: size.name, resources: size.resources,
            image: ImageReference(name: image.name, digest: image.digest, format: image.format, bytes: image.bytes), labels: launch.labels,
            groups: launch.groups, constraints: constraints, policy: launch.policy, restart: launch.restart,
            stopTimeout: launch.stopTimeout ?? Milliseconds(seconds: 30), queued: launch.queue,
            recovery: try recoveryPolicy(of: launch, size: size, image: image), ephemeral: launch.ephemeral, priority: launch.priority)
    }

    private func recoveryPolicy(of launch: Command.Launch, size: Size, image: Image) throws(ErrorBody) -> RecoveryPolicy {
        guard launch.recovery != .fenced || settings.lease != nil else {
            throw .invalid("recovery: this controller's heartbeat leaves no room for leases, and nothing fenced runs without one.")
        }
        let hasDisk = size.resources.disk > .zero
        // An image of the format `linux` has no disk that a guest could write to.
        let keepsData = hasDisk && image.format != .linux && !launch.ephemeral
        guard launch.recovery == .fenced, keepsData else { return launch.recovery ?? (hasDisk || settings.lease == nil ? .stay : .fenced) }
        throw .invalid(
            "recovery: an instance that keeps data on its local disk can't be fenced, since it would begin anew from its image on another node; "
                + "add --ephemeral if its disk may be lost, or leave it at “stay”.")
    }

    func instanceName(_ launch: Command.Launch, index: Int, id: InstanceID) throws(ErrorBody) -> Name {
        let text: String
        switch (launch.name, launch.ids.count) {
        case (let name?, 1): text = name.text
        case (let name?, _): text = "\(name.text)-\(index + 1)"
        case (nil, _): text = "i-\(id.description.prefix(8))\(id.description.suffix(4))"
        }
        let name: Name
        do { name = try Name(text) } catch { throw .invalid("name: \(error.description)") }
        guard let holder = instanceNames[ProjectName(project: launch.project, name: name)] else { return name }
        let leaving = instances[holder]?.value.instance.spec.desired == .deleted
        throw .conflict(
            leaving
                ? "The name “\(name)” is still held in project “\(launch.project)” by an instance that is being deleted; try again when it is gone."
                : "An instance “\(name)” exists already in project “\(launch.project)”; choose another name.")
    }

    /// With a verdict for every node where they are few enough to be read.
    private func noCapacity(_ refused: NoPlacement, launch: Command.Launch, request: PlacementRequest, placed: Int) -> ErrorBody {
        let reasons = refused.counts.prefix(4).map { "\($0.nodes) \($0.reason)" }.joined(separator: ", ")
        let which =
            launch.ids.count == 1 ? "the instance" : placed == 0 ? "any of the \(launch.ids.count) instances" : "all \(launch.ids.count) instances"
        let message =
            refused.nodes == 0
            ? "No node has joined this cluster yet, so there is nowhere to place \(which)."
            : "No node can take \(which): of \(refused.nodes) nodes \(reasons)\(refused.nearestMiss.map { "; \($0)" } ?? ""). "
                + "Use --queue to wait for room."
        let explanation = (1...LedgerSettings.Limit.explainedNodes).contains(nodes.count) ? engine.explain(request) : nil
        return ErrorBody(code: .noCapacity, message: message, noPlacement: refused, explanation: explanation)
    }
}
