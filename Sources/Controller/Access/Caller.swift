import ClusterModel

/// What an account may, as of one moment: made anew when its roles change.
final class Rights: Sendable {
    let grants: [RoleGrant]
    /// The project that is meant where none is named: the first one, or the only one there are roles in.
    let home: Name?

    init(_ grants: [RoleGrant]) {
        self.grants = grants
        let projects = Set(grants.compactMap(\.project))
        home = grants.permit(.view, in: Project.first) ? Project.first : projects.count == 1 ? projects.first : nil
    }

    static let none = Rights([])
    static let all = Rights([RoleGrant(role: .admin, project: nil)])
}

/// Who sends a request.
struct Caller: Sendable {
    /// As in the audit: an account, "local" or "nobody".
    var actor: String
    /// Nil where no token was asked for, or none was sent.
    var session: TokenSession?
    var rights: Rights

    static let nobody = Caller(actor: "nobody", session: nil, rights: .none)
    /// Whoever reaches a controller that asks nobody who they are.
    static let local = Caller(actor: "local", session: nil, rights: .all)

    func may(_ permission: Permission) -> Bool { rights.grants.permit(permission) }
    func may(_ permission: Permission, in project: Name) -> Bool { rights.grants.permit(permission, in: project) }
    func sees(_ project: Name) -> Bool { may(.view, in: project) }

    /// Why what it asked for shall go on no longer; nil while it may.
    func end(at now: Timestamp) -> ErrorBody? {
        guard let session else { return nil }
        switch session.standing(at: now) {
        case .valid(let current):
            guard current !== rights else { return nil }
            return ErrorBody(code: .gone, message: "The roles of “\(actor)” have changed; ask again.")
        case .expired, .revoked:
            return ErrorBody(code: .unauthenticated, message: "The token of “\(actor)” has expired or was revoked.")
        }
    }
}
