import ClusterModel

extension APIClient {
    package func keys() -> PagedList<SSHKey> { PagedList(client: self, route: .listKeys, query: [:]) }
    package func importKey(_ request: KeyRequest) async throws -> SSHKey { try await change(.importKey, Route.importKey.path(), body: request) }
    package func delete(key: Name) async throws { try await changeIgnoringAnswer(.deleteKey, Route.deleteKey.path(key.text)) }
}
