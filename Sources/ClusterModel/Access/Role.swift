/// What somebody may be in a project, or in the cluster as a whole.
package enum Role: String, Hashable, Sendable, Codable, CaseIterable {
    /// Sees what is in a project.
    case viewer
    /// Works in a project.
    case tenant
    /// Also says who else may.
    case tenantAdmin = "tenant-admin"
    /// Runs nodes.
    case `operator`
    /// Sees everything, to answer what fits.
    case planner
    case admin

    /// Held in the cluster as a whole, and so in every project; the others are held in one project each.
    package var isClusterWide: Bool {
        switch self {
        case .viewer, .tenant, .tenantAdmin: false
        case .operator, .planner, .admin: true
        }
    }

    /// The whole of what roles allow: what is not named here is denied.
    package func permits(_ permission: Permission) -> Bool {
        switch (self, permission) {
        case (.viewer, .view): true
        case (.viewer, .use), (.viewer, .manage), (.viewer, .inspect), (.viewer, .operate), (.viewer, .administer): false
        case (.tenant, .view), (.tenant, .use): true
        case (.tenant, .manage), (.tenant, .inspect), (.tenant, .operate), (.tenant, .administer): false
        case (.tenantAdmin, .view), (.tenantAdmin, .use), (.tenantAdmin, .manage): true
        case (.tenantAdmin, .inspect), (.tenantAdmin, .operate), (.tenantAdmin, .administer): false
        case (.operator, .view), (.operator, .inspect), (.operator, .operate): true
        case (.operator, .use), (.operator, .manage), (.operator, .administer): false
        case (.planner, .view), (.planner, .inspect): true
        case (.planner, .use), (.planner, .manage), (.planner, .operate), (.planner, .administer): false
        case (.admin, .view), (.admin, .use), (.admin, .manage), (.admin, .inspect), (.admin, .operate), (.admin, .administer): true
        }
    }
}

/// What a request needs. The first three are asked of a project, the others of the cluster.
package enum Permission: String, Hashable, Sendable, CaseIterable {
    case view, use, manage
    case inspect, operate, administer
}

/// A role that an account holds: in a project, or in the cluster where the role is cluster-wide.
package struct RoleGrant: Hashable, Comparable, Sendable, Codable {
    package var role: Role
    package var project: Name?
    package init(role: Role, project: Name?) {
        self.role = role
        self.project = project
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.project != right.project ? (left.project?.text ?? "") < (right.project?.text ?? "") : left.role.rawValue < right.role.rawValue
    }
}

extension [RoleGrant] {
    /// In the cluster as a whole.
    package func permit(_ permission: Permission) -> Bool { contains { $0.role.isClusterWide && $0.role.permits(permission) } }

    /// In one project.
    package func permit(_ permission: Permission, in project: Name) -> Bool {
        contains { ($0.role.isClusterWide || $0.project == project) && $0.role.permits(permission) }
    }
}
