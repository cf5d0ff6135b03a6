import ClusterAPI
import ClusterModel
import ControllerDecisions
import Hummingbird

/// `/v1/projects`
extension Controller {
    func listProjects(_ call: APICall) async throws -> Response {
        let query = try call.query(allowing: Self.listing + ["name"])
        let name = try query.name("name")
        return try list(
            call, query, listed(\.projects), matching: { call.sees($0.name) && (name == nil || $0.name == name) },
            edit: { if case .access(.project(let edit)) = $0 { edit } else { nil } }, id: { $0.name.text }, item: { $0 })
    }

    /// In the order of their making.
    func listed<Key: Hashable & Sendable, Value: Sendable>(_ rows: (AccessState) -> [Key: Row<Value>]) -> Listed<Value> {
        view.look { Listed(rows: rows($0.access).values.sorted { $0.key < $1.key }, revision: $0.revision) }
    }

    func showProject(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        return try .json(try shownProject(call))
    }

    private func shownProject(_ call: APICall) throws(ErrorBody) -> Project {
        let name = try projectName(call)
        // Without a row where nobody has changed anything of the first one.
        let project = view.look { $0.access.projects[name]?.value }
        return project ?? Project(name: name, createdAt: Timestamp(milliseconds: 0))
    }

    private func projectName(_ call: APICall) throws(ErrorBody) -> Name {
        do { return try Name(call.parameters[0]) } catch { throw ErrorBody(code: .notFound, message: error.description) }
    }

    func createProject(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(ProjectRequest.self, body)
        let project = Project(name: request.name, quota: request.quota ?? Quota(), createdAt: .now)
        return try await change(call, body: body, status: 201, .access(.createProject(project)), Self.project)
    }

    func deleteProject(_ call: APICall) async throws -> Response {
        _ = try call.query()
        return try await change(call, body: try await noBody(call), .access(.deleteProject(try projectName(call))), Self.project)
    }

    @Sendable private static func project(_ answer: Answer) -> (any Encodable & Sendable)? {
        if case .access(.project(let project)) = answer { project } else { nil }
    }

    // MARK: Quotas

    func showQuota(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        return try .json(quotaView(try shownProject(call)))
    }

    func setQuota(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let name = try projectName(call)
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(QuotaRequest.self, body)
        let command = AccessCommand.setQuota(name, limits: request.limits ?? Quota(), unlimited: request.unlimited ?? [])
        return try await change(call, body: body, .access(command)) { answer in
            if case .access(.project(let project)) = answer { self.quotaView(project) } else { nil }
        }
    }

    private func quotaView(_ project: Project) -> QuotaView {
        QuotaView(project: project.name, limits: project.quota, used: view.look { $0.usage[project.name] })
    }
}
