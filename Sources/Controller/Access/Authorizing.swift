import ClusterAPI
import ClusterModel
import ControllerDecisions
import HTTPTypes
import HummingbirdCore

/// Who may do what. Everything passes here before its route is entered, and what is not allowed is denied.
extension Controller {
    func admit(_ call: inout APICall) throws(ErrorBody) {
        do throws(ErrorBody) { try authorize(&call) } catch {
            call.caller.session?.leave()
            throw error
        }
    }

    /// Without a token there is nobody to name, and whoever knocks could fill the audit.
    func noteDenial(_ call: APICall, _ error: ErrorBody) {
        guard error.code == .forbidden || (error.code == .unauthenticated && call.header(.authorization) != nil) else { return }
        writer.note(AuditDraft(call), .denied, code: error.code)
    }

    /// What a caller may not see does not exist for it: `notFound`, in the same words as for what is not there.
    func authorize(_ call: inout APICall) throws(ErrorBody) {
        switch call.route.access {
        case .open, .node: return
        case .signedIn: call.caller = try caller(of: call)
        case .cluster(let permission):
            call.caller = try caller(of: call)
            guard call.caller.may(permission) else { throw Self.forbidden(call.caller, permission) }
            if call.route.takesProject { call.asked = try askedProject(call) }
        case .project(let permission, let subject):
            call.caller = try caller(of: call)
            try authorize(&call, permission, subject)
        }
    }

    private func caller(of call: APICall) throws(ErrorBody) -> Caller { try access.authenticate(call.header(.authorization), at: .now) }

    private func authorize(_ call: inout APICall, _ permission: Permission, _ subject: RouteAccess.Subject) throws(ErrorBody) {
        if subject != .project { call.asked = try askedProject(call) }
        let project: Name?
        switch subject {
        case .list:
            call.seesBy = permission
            if let asked = call.asked, !call.caller.may(permission, in: asked) { throw Self.forbidden(call.caller, permission, in: asked) }
            return
        case .asked, .key: project = try namedProject(call)
        case .newImage: project = try call.flag("public") ? nil : try namedProject(call)
        case .instance:
            let key = try instanceKey(call)
            project = try view.read { state throws(ErrorBody) in try state.find(key).instance.project }
        case .image:
            let key = try imageKey(call, call.parameters[0])
            project = try view.read { state throws(ErrorBody) in try state.find(key).project }
            if project == nil, permission == .view { return }
        case .volume:
            let key = try volumeKey(call)
            project = try view.read { state throws(ErrorBody) in try state.find(key).volume.project }
        case .snapshot:
            let key = try snapshotKey(call)
            project = try view.read { state throws(ErrorBody) in try state.find(key).project }
        case .operation: project = try projectOfOperation(call)
        case .stream: project = try projectOfStream(call)
        case .project:
            let name = try? Name(call.parameters[0])
            guard let name, call.caller.sees(name), view.look({ $0.access.has(name) }) else { throw noProject(call.parameters[0]) }
            project = name
        }
        call.project = project
        if let project {
            guard call.caller.may(permission, in: project) else { throw Self.forbidden(call.caller, permission, in: project) }
        } else {
            // Everybody's, so the cluster's.
            guard call.caller.may(.operate) else { throw Self.forbidden(call.caller, .operate) }
        }
    }

    // MARK: Which project

    /// The one that `?project=` names, if that may be seen.
    private func askedProject(_ call: APICall) throws(ErrorBody) -> Name? {
        guard let text = try Query.value(of: "project", in: call.request.uri.query) else { return nil }
        let name: Name
        do { name = try Name(text) } catch { throw ErrorBody(code: .invalid, message: "project: \(error.description)") }
        guard call.caller.sees(name) else { throw .noProject(name) }
        return name
    }

    /// The same, or the caller's own.
    func namedProject(_ call: APICall) throws(ErrorBody) -> Name {
        if let asked = call.asked ?? call.caller.rights.home { return asked }
        let projects = Set(call.caller.rights.grants.compactMap(\.project)).sorted().map(\.text)
        guard !projects.isEmpty else {
            throw ErrorBody(code: .forbidden, message: "Account “\(call.caller.actor)” holds no role yet; have an admin give it one.")
        }
        throw ErrorBody(
            code: .invalid, message: "project: name one of \(projects.prefix(8).joined(separator: ", ")), with --project on the command line.")
    }

    private func noProject(_ text: String) -> ErrorBody {
        ErrorBody(code: .notFound, message: "There is no project “\(Printable(text, limit: 63))”.")
    }

    private func projectOfOperation(_ call: APICall) throws(ErrorBody) -> Name {
        let id = try operationID(call.parameters[0])
        // What was stored before operations said whose they are is seen by those who see everything.
        let project = view.look { state in state.operations[id].map { $0.value.project ?? Project.first } }
        guard let project, call.caller.sees(project) else {
            throw ErrorBody(code: .notFound, message: "There is no operation with the id \(id).")
        }
        return project
    }

    /// A stream is there for who opened it alone.
    private func projectOfStream(_ call: APICall) throws(ErrorBody) -> Name {
        let id = try streamID(call.parameters[0])
        let stream = try streams.find(id)
        guard stream.owner == call.caller.actor, call.caller.sees(stream.project) else { throw StreamSwitch.noStream(id) }
        return stream.project
    }

    // MARK: Refusals

    static func forbidden(_ caller: Caller, _ permission: Permission, in project: Name? = nil) -> ErrorBody {
        let roles = Role.allCases.filter { $0.permits(permission) && (project != nil || $0.isClusterWide) }.map(\.rawValue)
        let place = project.map { " in project “\($0)”" } ?? ""
        return ErrorBody(
            code: .forbidden,
            message: "Account “\(caller.actor)” may not do this\(place): it needs \(roles.count == 1 ? "the role" : "one of the roles") "
                + "\(roles.joined(separator: ", ")).")
    }

    /// For what only the route knows.
    func demand(_ permission: Permission, in project: Name, _ call: APICall) throws(ErrorBody) {
        guard call.caller.sees(project) else { throw .noProject(project) }
        guard call.caller.may(permission, in: project) else { throw Self.forbidden(call.caller, permission, in: project) }
    }
}
