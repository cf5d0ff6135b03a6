import ClusterModel

/// What each project has, kept beside the rows as they change and stored nowhere. What is being deleted counts until its row is gone.
package struct ProjectUsage: Sendable {
    private var used: [Name: QuotaUsage] = [:]
    /// Operations that are under way.
    private var running: [Name: Int] = [:]

    package subscript(project: Name) -> QuotaUsage { used[project] ?? QuotaUsage() }
    package func running(in project: Name) -> Int { running[project] ?? 0 }

    mutating func apply(_ edit: Edit<InstanceRecord>) {
        let before = edit.before?.value.instance
        let after = edit.after?.value.instance
        if let before, let after, before.project == after.project, before.spec.resources == after.spec.resources { return }
        if let before { used[before.project, default: QuotaUsage()] -= QuotaUsage(instances: 1, of: before.spec.resources) }
        if let after { used[after.project, default: QuotaUsage()] += QuotaUsage(instances: 1, of: after.spec.resources) }
    }

    mutating func apply(_ edit: Edit<VolumeRecord>) {
        if let before = edit.before?.value.volume { used[before.project, default: QuotaUsage()] -= QuotaUsage(volumeOf: before.spec.size) }
        if let after = edit.after?.value.volume { used[after.project, default: QuotaUsage()] += QuotaUsage(volumeOf: after.spec.size) }
    }

    mutating func apply(_ edit: Edit<Snapshot>) {
        if let project = edit.before?.value.project { used[project]?.snapshots -= 1 }
        if let project = edit.after?.value.project { used[project, default: QuotaUsage()].snapshots += 1 }
    }

    mutating func apply(_ edit: Edit<Image>) {
        if let project = edit.before?.value.project { used[project]?.images -= 1 }
        if let project = edit.after?.value.project { used[project, default: QuotaUsage()].images += 1 }
    }

    mutating func apply(_ edit: Edit<InstanceOperation>) {
        let before = edit.before?.value
        let after = edit.after?.value
        if before?.state == after?.state, before?.project == after?.project { return }
        if let before, before.state == .running, let project = before.project { running[project, default: 0] -= 1 }
        if let after, after.state == .running, let project = after.project { running[project, default: 0] += 1 }
    }
}

extension ClusterState {
    func checkProject(_ project: Name) throws(ErrorBody) {
        guard access.has(project) else { throw .noProject(project) }
    }

    /// Asked in the same step that takes what is asked for, so that no two requests pass together.
    func checkQuota(_ project: Name, adding wanted: QuotaUsage) throws(ErrorBody) {
        guard let quota = access.projects[project]?.value.quota else { return }
        let used = usage[project]
        for resource in Quota.Resource.allCases {
            guard let limit = quota[resource], wanted[resource] > 0 else { continue }
            guard wanted[resource] > limit - used[resource] else { continue }
            throw ErrorBody(
                code: .quotaExceeded,
                message: "The quota of project “\(project)” is \(resource.text(limit)) \(resource.words): \(resource.text(used[resource])) are used, "
                    + "and this asks for \(resource.text(wanted[resource])) more; delete something, or have an admin raise it.")
        }
    }

    /// At most so many under way at once in one project.
    func checkOperations(in project: Name, adding count: Int = 1) throws(ErrorBody) {
        let running = usage.running(in: project)
        guard running + count <= LedgerSettings.Limit.operationsInProject else {
            throw .tooMany(
                "\(running) operations of project “\(project)” are under way, and \(LedgerSettings.Limit.operationsInProject) is the most there may be; "
                    + "try again when some have ended.")
        }
    }
}

extension ErrorBody {
    /// Also for a project that the caller may not see.
    package static func noProject(_ project: Name) -> Self { Self(code: .notFound, message: "There is no project “\(project)”.") }
}
