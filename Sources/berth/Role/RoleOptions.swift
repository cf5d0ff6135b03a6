import ArgumentParser
import ClusterAPI
import ClusterModel

struct RoleOptions: ParsableArguments {
    @Argument(help: "A user, or a service account as project/name.", transform: ArgumentText.account)
    var account: AccountName

    @Argument(help: "One of \(Role.allCases.map(\.rawValue).joined(separator: ", ")); the first three are held in a project.")
    var role: Role

    /// A role of the cluster has no project, whatever the context names.
    func request(_ connection: ConnectionOptions, _ client: APIClient) async throws -> GrantRequest {
        GrantRequest(account: account, role: role, project: role.isClusterWide ? nil : try await connection.projectName(client))
    }
}

extension Role: ExpressibleByArgument {}
