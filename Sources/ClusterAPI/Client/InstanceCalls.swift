import ClusterModel
import FoundationEssentials

/// Which instances a list shows; nil is any.
package struct InstanceFilter: Hashable, Sendable {
    package var state: InstanceState?
    package var node: String?
    package var project: Name?
    package var labels: [Label] = []
    package init() {}

    var query: Query {
        var query: Query = ["state": state?.rawValue, "node": node, "project": project?.text]
        for label in labels { query.add("label", label.description) }
        return query
    }
}

extension APIClient {
    package func instances(_ filter: InstanceFilter = InstanceFilter()) -> PagedList<Instance> {
        PagedList(client: self, route: .listInstances, query: filter.query)
    }

    /// `instance` is an id or a name.
    package func instance(_ instance: String) async throws -> Instance {
        try await get(.showInstance, Route.showInstance.path(instance))
    }

    package func launch(_ request: LaunchRequest) async throws -> LaunchAnswer {
        try await change(.launchInstance, Route.launchInstance.path(), body: request)
    }

    package func dryRun(_ request: LaunchRequest) async throws -> DryRunAnswer {
        try await change(.launchInstance, Route.launchInstance.path(), ["dryRun": "1"], body: request)
    }

    package func explanation(of instance: String) async throws -> Explanation {
        try await get(.explainInstance, Route.explainInstance.path(instance))
    }

    package func start(_ instance: String) async throws -> InstanceAnswer {
        try await change(.startInstance, Route.startInstance.path(instance))
    }

    package func stop(_ instance: String, _ request: StopRequest) async throws -> InstanceAnswer {
        try await change(.stopInstance, Route.stopInstance.path(instance), body: request)
    }

    package func reboot(_ instance: String) async throws -> InstanceAnswer {
        try await change(.rebootInstance, Route.rebootInstance.path(instance))
    }

    package func migrate(_ instance: String, _ request: MigrateRequest) async throws -> InstanceAnswer {
        try await change(.migrateInstance, Route.migrateInstance.path(instance), body: request)
    }

    package func update(_ instance: String, _ request: UpdateRequest) async throws -> InstanceAnswer {
        try await change(.updateInstance, Route.updateInstance.path(instance), body: request)
    }

    package func delete(_ instance: String) async throws -> InstanceAnswer {
        try await change(.deleteInstance, Route.deleteInstance.path(instance))
    }

    /// Makes a quarantined VM an instance like any other.
    package func adopt(_ instance: String) async throws -> InstanceAnswer {
        try await change(.adoptInstance, Route.adoptInstance.path(instance))
    }

    /// Ends a quarantined VM.
    package func destroy(_ instance: String) async throws -> InstanceAnswer {
        try await change(.destroyInstance, Route.destroyInstance.path(instance))
    }
}
