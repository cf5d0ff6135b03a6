import ClusterAPI
import ClusterModel
import Controller
import Foundation
import GRDB
import Testing

@Suite("the audit")
struct AuditTests {
    private static let asked = RunningController.calm + PlayedTenants.tokens

    @Test("changes, refusals and denials are noted with who, where, what and the request; the chain holds over a restart")
    func entries() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let head = try await RunningController.run(in: directory, Self.asked) { controller in
            var tenants = try await PlayedTenants(controller)
            try await tenants.furnish()
            let tenant = try tenants.secret(.tenant)
            let things = try #require(tenants.things["shop"])
            let refused = try await tenants.send(.delete, "/v1/instances/\(things.instance)", by: tenant, headers: [("X-Request-Id", "trace-1")])
            #expect(refused.status == 409)
            #expect(try await tenants.send(.delete, "/v1/sizes/tiny", by: tenant).status == 403)
            _ = try await tenants.send(.get, "/v1/whoami", by: "berth_" + String(repeating: "A", count: 43))
            let all = try await eventually {
                let entries = try await tenants.send(.get, "/v1/audit?limit=500", by: tenants.admin).decoded(as: Page<AuditEntry>.self).items
                return entries.contains { $0.actor == "nobody" } ? entries : nil
            }
            #expect(all.map(\.number) == Array(1...Int64(all.count)))
            #expect(all.allSatisfy { $0.address == "127.0.0.1" })
            let entry = try #require(all.first { $0.requestID == "trace-1" })
            #expect((entry.actor, entry.verb, entry.decision, entry.code) == ("tenant", "deleteInstance", .refused, .conflict))
            #expect(all.contains { $0.verb == "launchInstance" && $0.object == "shop/web" && $0.decision == .done && $0.actor == "admin" })
            #expect(all.contains { $0.verb == "deleteSize" && $0.actor == "tenant" && $0.decision == .denied && $0.code == .forbidden })
            #expect(all.contains { $0.verb == "openStream" && $0.object.hasPrefix("shop/") })
            let one = try await tenants.send(.get, "/v1/audit?verb=launchInstance&last=1000", by: tenants.admin).decoded(as: Page<AuditEntry>.self)
            #expect(one.items.count == 2)
            let verified = try await tenants.send(.get, "/v1/audit/verification", by: tenants.admin).decoded(as: AuditVerification.self)
            #expect(verified.intact, "\(verified.trouble ?? "")")
            return verified.head
        }
        try await RunningController.run(in: directory, "access: open\n" + RunningController.calm) { controller in
            _ = try await controller.delete("/v1/sizes/nano")
            let verified = try await controller.get("/v1/audit/verification?expect=\(head)", as: AuditVerification.self)
            #expect(verified.intact && verified.head != head, "\(verified.trouble ?? "")")
            let other = head.dropLast() + (head.hasSuffix("0") ? "1" : "0")
            #expect(try await controller.get("/v1/audit/verification?expect=\(other)", as: AuditVerification.self).intact == false)
        }
    }

    @Test(
        "an entry that was changed, taken out or cut off the end is found",
        arguments: [
            ("UPDATE audit SET body = CAST(REPLACE(CAST(body AS TEXT), 'local', 'nobod') AS BLOB) WHERE last = 3", "not what was written"),
            ("DELETE FROM audit WHERE last = 3", "missing"), ("DELETE FROM audit WHERE last > 3", "missing"),
        ])
    func tampering(sql: String, trouble: String) async throws {
        try await RunningController.run { controller in
            for number in 0..<6 { _ = try await controller.post("/v1/projects", ProjectRequest(name: try Name("p\(number)")), as: Project.self) }
            #expect(try await controller.get("/v1/audit/verification", as: AuditVerification.self).intact)
            let database = try DatabaseQueue(path: controller.directory.appending(path: "ledger.sqlite").path)
            try await database.write { try $0.execute(sql: sql) }
            let found = try await controller.get("/v1/audit/verification", as: AuditVerification.self)
            #expect(!found.intact)
            #expect(found.trouble?.contains(trouble) ?? false, "\(found.trouble ?? "")")
        }
    }

    @Test("it is bounded: what is forgotten leaves an anchor that the rest is chained to")
    func bounded() async throws {
        try await RunningController.run(RunningController.calm + "access: {rate: 1000000, auditKept: 1000}\n") { controller in
            let tenants = try await PlayedTenants(controller)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<16 {
                    group.addTask {
                        for number in 0..<160 { _ = try await tenants.send(.delete, "/v1/sizes/s\(lane)-\(number)", by: tenants.admin) }
                    }
                }
                try await group.waitForAll()
            }
            let found = try await tenants.send(.get, "/v1/audit/verification", by: tenants.admin).decoded(as: AuditVerification.self)
            #expect(found.intact, "\(found.trouble ?? "")")
            #expect(found.first > 1 && found.last >= 2560)
            #expect(found.last - found.first < 2300, "\(found)")
        }
    }

    @Test("planted secrets are in no event, error, audit entry or log")
    func secrets() async throws {
        let log = KeptLog()
        try await RunningController.run(Self.asked, log: log) { controller in
            var tenants = try await PlayedTenants(controller)
            try await tenants.furnish()
            let planted = "planted-7f3a9"
            let tenant = try tenants.secret(.tenant)
            var launch = try controller.launchRequest("seeded", queue: true)
            launch.image = try Name("own")
            launch.userData = Data("#cloud-config\npassword: \(planted)\n".utf8)
            try await tenants.ask(.post, "/v1/instances?project=shop", launch, by: tenant, expecting: 201)
            var texts: [String] = []
            // The secret in every wrong place.
            for (method, target) in [
                (Route.Method.get, "/v1/instances/\(tenant)"), (.get, "/v1/\(tenant)"), (.delete, "/v1/tokens/\(tenant)"),
                (.get, "/v1/instances?name=\(tenant)"),
                (.get, "/v1/instances?\(tenant)=1"), (.get, "/v1/projects/\(tenant)"), (.delete, "/v1/keys/\(tenant)"),
            ] {
                texts.append(try await tenants.send(method, target, by: tenant).text)
            }
            texts.append(try await tenants.send(.post, "/v1/instances", Data(#"{"name": "\#(tenant)"}"#.utf8), by: tenant).text)
            try await Task.sleep(for: .seconds(1))
            for target in [
                "/v1/events?limit=500", "/v1/audit?limit=500", "/v1/instances?limit=500", "/v1/operations?limit=500", "/v1/tokens", "/v1/users",
            ] {
                texts.append(try await tenants.send(.get, target, by: tenants.admin).text)
            }
            texts.append(try await tenants.send(.get, "/metrics", by: tenants.admin).text)
            // At its most talkative.
            #expect(!log.text.isEmpty)
            texts.append(log.text)
            for text in texts {
                for secret in [
                    tenant, String(tenant.dropFirst(6)), tenants.admin, planted,
                    Data("#cloud-config\npassword: \(planted)\n".utf8).base64EncodedString(),
                ] {
                    #expect(!text.contains(secret), "\(text.prefix(300))")
                }
            }
        }
    }
}
