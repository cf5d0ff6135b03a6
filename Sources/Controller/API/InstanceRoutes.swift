import ClusterAPI
import ClusterModel
import ControllerDecisions
import FoundationEssentials
import Hummingbird
import Placement

/// `/v1/instances`
extension Controller {
    func listInstances(_ call: APICall) async throws -> Response {
        let query = try call.query(allowing: Self.listing + ["state", "node", "label", "name"])
        let matching = try instanceFilter(query)
        return try list(
            call, query, view.instances, matching: { call.sees($0.instance.project) && matching($0.instance) },
            edit: { if case .instance(let edit) = $0 { edit } else { nil } }, id: { $0.id.description }, item: { $0.instance })
    }

    private func instanceFilter(_ query: Query) throws(ErrorBody) -> @Sendable (Instance) -> Bool {
        let state = try query.word("state", InstanceState.self)
        let name = try query.name("name")
        let labels = try LabelFilter(query)
        let node = query["node"]
        return { instance in
            (state == nil || instance.status.state == state) && (name == nil || instance.name == name) && labels.matches(instance.spec.labels)
                && (node == nil || instance.placement.map { $0.nodeName.text == node || $0.node.description == node?.lowercased() } ?? false)
        }
    }

    func showInstance(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        let key = try instanceKey(call)
        return try .json(try view.read { state throws(ErrorBody) in try state.find(key).instance })
    }

    // MARK: Launching

    func launchInstance(_ call: APICall) async throws -> Response {
        let query = try call.query("dryRun")
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decodeHot(LaunchRequest.self, body, optional: true)
        let launch = try Self.launch(request, in: try project(of: call, named: request.project))
        if try query.flag("dryRun") { return try await withTaskExecutorPreference(globalConcurrentExecutor) { try dryRun(launch) } }
        return try await change(call, body: body, status: 201, .launch(launch)) { answer in
            guard case .launched(let launched) = answer else { return nil }
            return LaunchAnswer(
                instances: launched.instances, operations: launched.operations, unplaced: launched.unplaced, noPlacement: launched.noPlacement)
        }
    }

    /// The body may name it too.
    func project(of call: APICall, named project: Name?) throws(ErrorBody) -> Name {
        guard let project, project != call.project else {
            if let project = call.project { return project }
            return try namedProject(call)
        }
        guard call.asked == nil else { throw ErrorBody(code: .invalid, message: "project: the body and the query name different projects.") }
        try demand(.use, in: project, call)
        return project
    }

    private static func launch(_ request: LaunchRequest, in project: Name) throws(ErrorBody) -> Command.Launch {
        let count = request.count ?? 1
        guard (1...LedgerSettings.Limit.launchCount).contains(count) else {
            throw ErrorBody(
                code: .invalid,
                message: "count: \(count) is out of range: 1 to \(LedgerSettings.Limit.launchCount) instances may be launched at once.")
        }
        var launch = Command.Launch(
            name: request.name, project: project, size: request.size, image: request.image,
            labels: request.labels ?? Labels(), groups: request.groups ?? [], constraints: request.constraints ?? Constraints(),
            policy: request.policy, restart: request.restart ?? .onFailure, stopTimeout: request.stopTimeout, queue: request.queue ?? false,
            recovery: request.recovery, ephemeral: request.ephemeral ?? false, priority: request.priority ?? 0, allOrNone: request.allOrNone ?? false,
            userData: request.userData, vendorData: request.vendorData, keyNames: request.keys ?? [],
            ids: (0..<count).map { _ in (.random(), .random()) }
        )
        launch.protected = request.protected ?? false
        launch.expiresIn = request.expiresIn
        return launch
    }

    /// Each of the count is placed on a copy after those before it, as a launch would.
    private func dryRun(_ launch: Command.Launch) throws(ErrorBody) -> Response {
        let state = view.copy
        var engine = state.engine
        var explanations: [Explanation] = []
        for ids in launch.ids.prefix(50) {
            let request = try state.request(for: launch, instance: ids.instance, at: .now)
            explanations.append(engine.explain(request))
            guard let decision = try? engine.place(request) else { break }
            engine.apply(.allocated(decision.allocation))
        }
        return try .json(DryRunAnswer(explanations: explanations))
    }

    // MARK: Changing

    func deleteInstance(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try instanceKey(call)
        return try await changeInstance(call, body: try await noBody(call), .delete(key, .random()))
    }

    func updateInstance(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try instanceKey(call)
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(UpdateRequest.self, body)
        guard request.expiresIn == nil || request.neverExpires != true else {
            throw ErrorBody(code: .invalid, message: "neverExpires: expiresInMilliseconds says the opposite.")
        }
        var update = Command.Update()
        update.name = request.name
        update.setLabels = request.setLabels
        update.removeLabels = request.removeLabels ?? []
        update.protected = request.protected
        update.expiry = request.neverExpires == true ? .never : request.expiresIn.map { .after($0) }
        return try await changeInstance(call, body: body, .update(key, update))
    }

    func startInstance(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try instanceKey(call)
        return try await changeInstance(call, body: try await noBody(call), .start(key, .random()))
    }

    func stopInstance(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try instanceKey(call)
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(StopRequest.self, body, optional: true)
        return try await changeInstance(call, body: body, .stop(key, .random(), force: request.force ?? false, within: request.timeout))
    }

    func rebootInstance(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try instanceKey(call)
        return try await changeInstance(call, body: try await noBody(call), .reboot(key, .random()))
    }

    func adoptInstance(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try instanceKey(call)
        return try await changeInstance(call, body: try await noBody(call), .adopt(key))
    }

    func destroyInstance(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try instanceKey(call)
        return try await changeInstance(call, body: try await noBody(call), .destroy(key, .random()))
    }

    func changeInstance(_ call: APICall, body: Data, _ command: Command) async throws(ErrorBody) -> Response {
        try await change(call, body: body, command) { answer in
            guard case .instance(let instance, let operation) = answer else { return nil }
            return InstanceAnswer(instance: instance, operation: operation)
        }
    }

    // MARK: Explaining

    /// For a placed instance the decision as it was taken, made again from the journal; for one that waits, against the nodes of now.
    func explainInstance(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try instanceKey(call)
        var state = view.copy
        let record = try state.find(key)
        guard !record.found else {
            throw ErrorBody(
                code: .conflict,
                message: "Instance “\(record.instance.name)” was found on a node and not placed by this ledger, so there is no decision to explain.")
        }
        var request = ClusterState.request(record.instance.spec, instance: record.id)
        if let placement = record.instance.placement {
            let revision = state.revision
            guard placement.revision > revision - journalKept else {
                throw ErrorBody(
                    code: .gone,
                    message: "The decision about “\(record.instance.name)” is older than the journal, which keeps \(journalKept) changes.")
            }
            request.expiresAt = try await rewind(&state, to: placement.revision)?.expiresAt
        }
        return try .json(state.explanation(of: record, asked: request))
    }

    /// Takes back every step from `revision` on, latest first.
    /// - Returns: what was allocated by that step.
    private func rewind(_ state: inout ClusterState, to revision: Int64) async throws -> Allocation? {
        let entries: [JournalEntry]
        do {
            entries = try await store.steps(from: revision)
        } catch {
            throw ErrorBody(code: .unavailable, message: "The journal of placements can't be read: \(error).")
        }
        let head = state.revision
        var decided: Allocation?
        for entry in entries.reversed() {
            for step in try StepCodec.decode(entry.body).reversed() where step.revision >= revision && step.revision <= head {
                state.rewind(step)
                if step.revision == revision, case .allocated(let allocation) = step.step { decided = allocation }
            }
        }
        return decided
    }
}

/// `label=key=value`, or `label=key` for any value; each given must match.
struct LabelFilter: Sendable {
    private var wanted: [(key: String, value: String?)] = []

    init(_ query: Query) throws(ErrorBody) {
        for text in query.all("label") {
            if text.contains("=") {
                do {
                    let label = try Label(text)
                    wanted.append((label.key, label.value))
                } catch {
                    throw ErrorBody(code: .invalid, message: "label: \(error.description)")
                }
            } else {
                wanted.append((text, nil))
            }
        }
    }

    func matches(_ labels: Labels) -> Bool {
        wanted.allSatisfy { wish in labels[wish.key].map { value in wish.value.map { $0 == value } ?? true } ?? false }
    }
}
