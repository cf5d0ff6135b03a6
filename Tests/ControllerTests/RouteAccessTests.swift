import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("who may do what")
struct RouteAccessTests {
    @Test("every route has its row in the table of access")
    func everyRoute() {
        let rows = Set(AccessTable.rows.map(\.route))
        #expect(Route.allCases.filter { !rows.contains($0) } == [], "a route without a row: add it to AccessTable")
    }

    @Test("every route, asked as every role in the own and in a foreign project, and as nobody, answers as the table says")
    func table() async throws {
        try await RunningController.run(RunningController.calm + PlayedTenants.tokens) { controller in
            var tenants = try await PlayedTenants(controller)
            try await tenants.furnish()
            for row in AccessTable.rows {
                for project in ["shop", "rival"] {
                    let things = try #require(tenants.things[project])
                    for role in Role.allCases {
                        guard let expected = Self.status(row, role, isOwn: project == "shop") else { continue }
                        let reply = try await Self.ask(row, things, tenants, by: try tenants.secret(role))
                        #expect(
                            reply.status == expected, "\(row.route) \(row.target) as \(role.rawValue) in \(project): \(reply.status) \(reply.text)")
                    }
                }
                let things = try #require(tenants.things["shop"])
                let reply = try await Self.ask(row, things, tenants, by: nil)
                switch row.kind {
                case .open: #expect(reply.status == 200, "\(row.route) as nobody: \(reply.text)")
                case .node: break
                case .signedIn, .project, .cluster: #expect(reply.status == 401, "\(row.route) as nobody: \(reply.status) \(reply.text)")
                }
            }
        }
    }

    private static func ask(
        _ row: AccessTable.Row, _ things: PlayedTenants.Things, _ tenants: PlayedTenants, by secret: String?
    ) async throws -> RunningController.Reply {
        let body = row.body.map { Data(things.fill($0).utf8) }
        return try await tenants.send(row.route.method, things.fill(row.target), body, by: secret)
    }

    /// Nil where nothing is to be asked.
    private static func status(_ row: AccessTable.Row, _ role: Role, isOwn: Bool) -> Int? {
        switch row.kind {
        case .open, .signedIn: return row.allowed
        case .node: return nil
        case .cluster(let roles): return roles.contains(role) ? row.allowed : 403
        case .project(let roles):
            // A stream is there for who opened it alone.
            if row.target.contains("{stream}") { return role == .admin ? row.allowed : 404 }
            // What may not be seen is not there.
            guard isOwn || role.isClusterWide else { return 404 }
            return roles.contains(role) ? row.allowed : 403
        }
    }
}
