import ClusterModel
import FoundationEssentials

extension APIClient {
    /// True once the controller can serve.
    package func isReady(timeout: Duration = .seconds(5)) async throws -> Bool {
        let answer = try await transport.send(request(.ready, Route.ready.path(), timeout: timeout))
        return answer.status == 200
    }

    package func version() async throws -> VersionAnswer { try await get(.version, Route.version.path()) }
    package func cluster() async throws -> ClusterView { try await get(.cluster, Route.cluster.path()) }
    /// The bytes of a copy of the ledger; they begin when the copy is whole.
    package func backup() async throws -> AsyncThrowingStream<Data, any Error> {
        try await stream(request(.backupCluster, Route.backupCluster.path(), timeout: .seconds(600)))
    }

    package func capacityHistory() async throws -> CapacityHistoryView { try await get(.capacityHistory, Route.capacityHistory.path()) }
    package func recovery() async throws -> RecoveryView { try await get(.showRecovery, Route.showRecovery.path()) }
    package func holdRecovery(_ request: HoldRecoveryRequest) async throws -> RecoveryView {
        try await change(.holdRecovery, Route.holdRecovery.path(), body: request)
    }
    package func resumeRecovery() async throws -> RecoveryView { try await change(.resumeRecovery, Route.resumeRecovery.path()) }

    package func nodes() -> PagedList<NodeView> { PagedList(client: self, route: .listNodes, query: [:]) }
    package func node(_ node: String) async throws -> NodeView { try await get(.showNode, Route.showNode.path(node)) }
    package func cordon(_ node: String) async throws -> NodeView { try await change(.cordonNode, Route.cordonNode.path(node)) }
    package func uncordon(_ node: String) async throws -> NodeView { try await change(.uncordonNode, Route.uncordonNode.path(node)) }
    package func drainPlan(_ node: String, _ request: DrainRequest) async throws -> DrainAnswer {
        try await change(.drainNode, Route.drainNode.path(node), ["dryRun": "1"], body: request)
    }
    package func drain(_ node: String, _ request: DrainRequest) async throws -> DrainAnswer {
        try await change(.drainNode, Route.drainNode.path(node), body: request)
    }
    package func confirmDead(_ node: String, _ request: ConfirmDeadRequest) async throws -> NodeView {
        try await change(.confirmDeadNode, Route.confirmDeadNode.path(node), body: request)
    }
    package func remove(node: String) async throws { try await changeIgnoringAnswer(.removeNode, Route.removeNode.path(node)) }

    package func sizes() -> PagedList<Size> { PagedList(client: self, route: .listSizes, query: [:]) }
    package func create(_ size: Size) async throws -> Size { try await change(.createSize, Route.createSize.path(), body: size) }
    package func delete(size: Name) async throws { try await changeIgnoringAnswer(.deleteSize, Route.deleteSize.path(size.text)) }

    package func operations() -> PagedList<InstanceOperation> { PagedList(client: self, route: .listOperations, query: [:]) }
    package func operation(_ operation: String) async throws -> InstanceOperation {
        try await get(.showOperation, Route.showOperation.path(operation))
    }
    package func cancel(_ operation: String) async throws -> InstanceOperation {
        try await change(.cancelOperation, Route.cancelOperation.path(operation))
    }

    package func events() -> PagedList<Event> { PagedList(client: self, route: .listEvents, query: [:]) }
    package func watchEvents() -> LiveList<Event> { LiveList(list: events()) }
}
