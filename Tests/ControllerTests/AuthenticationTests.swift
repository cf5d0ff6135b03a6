import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("tokens")
struct AuthenticationTests {
    private static let asked = RunningController.calm + PlayedTenants.tokens

    @Test("a token with any one bit changed, cut, lengthened or in another scheme is refused in the same words")
    func bits() async throws {
        try await RunningController.run(Self.asked) { controller in
            let tenants = try await PlayedTenants(controller)
            let secret = Array(tenants.admin.utf8)
            #expect(try await tenants.send(.get, "/v1/whoami", by: tenants.admin).status == 200)
            var messages: Set<String> = []
            for place in secret.indices {
                var changed = secret
                changed[place] ^= 1
                guard changed.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { continue }
                let reply = try await tenants.send(.get, "/v1/whoami", by: String(decoding: changed, as: UTF8.self))
                #expect(reply.status == 401, "byte \(place)")
                messages.insert(try reply.error.message)
            }
            for header in ["Bearer ", "Bearer \(tenants.admin)x", "Bearer \(tenants.admin.dropLast())", "Basic \(tenants.admin)", tenants.admin] {
                let reply = try await controller.send(.get, "/v1/whoami", headers: [("Authorization", header)])
                #expect(reply.status == 401, "\(header.prefix(8))…")
                messages.insert(try reply.error.message)
            }
            #expect(messages.count == 1, "\(messages)")
            #expect(try await controller.send(.get, "/v1/whoami").error.code == .unauthenticated)
        }
    }

    @Test("a token is refused from the moment that its revocation is answered, after its end, and with its account")
    func ends() async throws {
        try await RunningController.run(Self.asked) { controller in
            let tenants = try await PlayedTenants(controller)
            let account = AccountName(project: nil, name: try Name("tenant"))
            let revoked = try await tenants.token(of: account)
            #expect(try await tenants.send(.get, "/v1/whoami", by: revoked.secret).status == 200)
            #expect(try await tenants.send(.delete, "/v1/tokens/\(revoked.token.id)", by: tenants.admin).status == 200)
            #expect(try await tenants.send(.get, "/v1/whoami", by: revoked.secret).status == 401)
            let short = try await tenants.token(of: account, expiresIn: Milliseconds(1500))
            #expect(try await tenants.send(.get, "/v1/whoami", by: short.secret).status == 200)
            try await eventually { try await tenants.send(.get, "/v1/whoami", by: short.secret).status == 401 }
            #expect(try await tenants.send(.get, "/v1/whoami", by: short.secret).error.message.contains("expired"))
            #expect(try await tenants.send(.delete, "/v1/users/tenant", by: tenants.admin).status == 200)
            #expect(try await tenants.send(.get, "/v1/whoami", by: try tenants.secret(.tenant)).status == 401)
        }
    }

    @Test("tokens, roles and when a token was last used outlive a restart; the secret is nowhere on the disk but in the admin's own file")
    func restart() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let secret = try await RunningController.run(in: directory, Self.asked) { controller in
            let tenants = try await PlayedTenants(controller)
            let tokens = try await tenants.send(.get, "/v1/tokens", by: try tenants.secret(.tenant)).decoded(as: Page<AccessToken>.self)
            #expect(tokens.items.count == 1)
            #expect(tokens.items.first?.lastUsedAt != nil)
            return try tenants.secret(.tenant)
        }
        for file in try FileManager.default.subpathsOfDirectory(atPath: directory.path) {
            guard let data = FileManager.default.contents(atPath: directory.appending(path: file).path) else { continue }
            #expect(data.range(of: Data(secret.utf8)) == nil, "\(file) holds the secret")
        }
        let facts = try FileManager.default.attributesOfItem(atPath: directory.appending(path: "admin-token").path)
        #expect((facts[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        try await RunningController.run(in: directory, Self.asked) { controller in
            let reply = try await controller.send(.get, "/v1/whoami", headers: [("Authorization", "Bearer \(secret)")])
            let me = try reply.decoded(as: WhoAmI.self)
            #expect(me.grants == [RoleGrant(role: .tenant, project: try Name("shop"))])
            #expect(me.project == (try Name("shop")))
        }
    }

    @Test("a token makes nothing that lasts longer than itself, and its maker may make none for others")
    func making() async throws {
        try await RunningController.run(Self.asked) { controller in
            let tenants = try await PlayedTenants(controller)
            let own = try await tenants.token(of: AccountName(project: nil, name: try Name("tenant")), expiresIn: Milliseconds(seconds: 60))
            let body = Data(#"{"neverExpires": true}"#.utf8)
            let made = try await tenants.send(.post, "/v1/tokens", body, by: own.secret).decoded(as: TokenAnswer.self)
            #expect(made.token.expiresAt == own.token.expiresAt)
            for account in ["admin", "viewer", "shop/ci"] {
                let reply = try await tenants.send(.post, "/v1/tokens", Data(#"{"account": "\#(account)"}"#.utf8), by: own.secret)
                #expect(reply.status == 404, "\(account): \(reply.text)")
            }
            let keyed = try await tenants.send(.post, "/v1/tokens", by: own.secret, headers: [("Idempotency-Key", "k")])
            #expect(keyed.status == 400)
        }
    }

    @Test("a tenant-admin makes service accounts of the own project, whose tokens work there and nowhere else; the last admin can't be taken away")
    func serviceAccounts() async throws {
        try await RunningController.run(Self.asked) { controller in
            let tenants = try await PlayedTenants(controller)
            let manager = try tenants.secret(.tenantAdmin)
            try await tenants.ask(.post, "/v1/service-accounts?project=shop", AccountRequest(name: try Name("ci")), by: manager, expecting: 201)
            let ci = AccountName(project: try Name("shop"), name: try Name("ci"))
            try await tenants.ask(.post, "/v1/grants", GrantRequest(account: ci, role: .tenant, project: try Name("shop")), by: manager)
            let token = try await tenants.token(of: ci, by: manager)
            #expect(try await tenants.send(.get, "/v1/instances", by: token.secret).status == 200)
            try await tenants.ask(
                .post, "/v1/grants", GrantRequest(account: ci, role: .viewer, project: try Name("rival")), by: tenants.admin, expecting: 409)
            for role in [Role.operator, .planner, .admin] {
                try await tenants.ask(.post, "/v1/grants", GrantRequest(account: ci, role: role, project: nil), by: manager, expecting: 403)
            }
            let admin = AccountName(project: nil, name: try Name("admin"))
            // Two hold it: the first one, and the played one.
            try await tenants.ask(
                .post, "/v1/grants/revoke", GrantRequest(account: admin, role: .admin, project: nil), by: try tenants.secret(.admin))
            let last = try await tenants.send(.get, "/v1/grants", by: try tenants.secret(.admin)).decoded(as: Page<GrantRequest>.self)
            #expect(last.items.filter { $0.role == .admin }.count == 1)
        }
    }

    @Test("the last account with the role admin keeps it")
    func lastAdmin() async throws {
        try await RunningController.run(Self.asked) { controller in
            let tenants = try await PlayedTenants(controller)
            let played = try tenants.secret(.admin)
            #expect(try await tenants.send(.delete, "/v1/users/admin", by: played).status == (200))
            let own = try await tenants.send(.get, "/v1/users", by: played).decoded(as: Page<Account>.self).items.filter(\.isAnAdmin)
            #expect(own.count == 1)
            let name = try #require(own.first).name
            #expect(try await tenants.send(.delete, "/v1/users/\(name)", by: played).status == 409)
            try await tenants.ask(.post, "/v1/grants/revoke", GrantRequest(account: name, role: .admin, project: nil), by: played, expecting: 409)
        }
    }

    @Test("one token's flood meets 429 and leaves another's requests alone")
    func flood() async throws {
        try await RunningController.run(RunningController.calm + "access: {rate: 5, burst: 40}\n") { controller in
            let tenants = try await PlayedTenants(controller)
            let flooder = try tenants.secret(.tenant)
            var statuses: [Int: Int] = [:]
            for _ in 0..<80 {
                let reply = try await tenants.send(.get, "/v1/whoami", by: flooder)
                statuses[reply.status, default: 0] += 1
                if reply.status == 429 { #expect(reply.headers["retry-after"] != nil) }
            }
            #expect(statuses[429, default: 0] > 10, "\(statuses)")
            #expect(try await tenants.send(.get, "/v1/whoami", by: try tenants.secret(.viewer)).status == 200)
        }
    }

    @Test("a watch shows the own project alone, and ends when its roles change or its token is revoked; one token has so many and no more")
    func watches() async throws {
        try await RunningController.run(RunningController.calm + "access: {rate: 100000, watches: 2}\n") { controller in
            let tenants = try await PlayedTenants(controller)
            let viewer = try tenants.secret(.viewer)
            let transport = try CurlTransport(endpoint: controller.endpoint, token: viewer)
            var request = HTTPRequest(method: .get, target: "/v1/keys?watch=1", timeout: .seconds(30))
            request.headers = [("Accept", "text/event-stream")]
            let (_, first) = try await transport.stream(request)
            let (_, second) = try await transport.stream(request)
            let third = try await transport.send(request)
            #expect(third.status == 429)
            for (project, name) in [("rival", "theirs"), ("shop", "ours")] {
                let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ6/K+9S0yTDZ0bDMKpRrnUAVkMcSHFD2YsQ1P8VqS2s a"
                let reply = try await tenants.send(
                    .post, "/v1/keys?project=\(project)", Data(#"{"name": "\#(name)", "publicKey": "\#(key)"}"#.utf8), by: tenants.admin)
                #expect(reply.status == 201, "\(reply.text)")
            }
            let grant = GrantRequest(account: AccountName(project: nil, name: try Name("viewer")), role: .viewer, project: try Name("shop"))
            var seen = ""
            for try await piece in first {
                seen += String(decoding: piece, as: UTF8.self)
                if seen.contains("ours") { break }
            }
            #expect(!seen.contains("theirs"))
            try await tenants.ask(.post, "/v1/grants/revoke", grant)
            var rest = ""
            for try await piece in second { rest += String(decoding: piece, as: UTF8.self) }
            #expect(rest.contains("event: error"), "\(rest)")
            await transport.shutdown()
        }
    }
}

extension Account {
    fileprivate var isAnAdmin: Bool { grants.contains { $0.role == .admin } }
}
