import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("projects and quotas")
struct ProjectTests {
    private static let asked = RunningController.calm + PlayedTenants.tokens

    @Test("lists show what is the caller's; a foreign thing is told of in the same words as one that is not there")
    func isolation() async throws {
        try await RunningController.run(Self.asked) { controller in
            var tenants = try await PlayedTenants(controller)
            try await tenants.furnish()
            let tenant = try tenants.secret(.tenant)
            let theirs = try #require(tenants.things["rival"])
            for list in ["instances", "keys", "images", "operations", "events"] {
                let reply = try await tenants.send(.get, "/v1/\(list)", by: tenant)
                #expect(reply.status == 200 && !reply.text.contains("rival"), "\(list): \(reply.text)")
                #expect(list == "events" || reply.text.contains("shop"), "\(list): \(reply.text)")
                let all = try await tenants.send(.get, "/v1/\(list)", by: try tenants.secret(.planner))
                #expect(all.text.contains("rival") && all.text.contains("shop"), "\(list)")
            }
            #expect(try await tenants.send(.get, "/v1/projects", by: tenant).decoded(as: Page<Project>.self).items.map(\.name.text) == ["shop"])
            let absent = "00000000-0000-4000-8000-00000000abcd"
            for (path, id) in [
                ("/v1/instances/", "\(theirs.instance)"), ("/v1/operations/", "\(theirs.operation)"), ("/v1/images/", "\(theirs.image)"),
                ("/v1/volumes/", "\(theirs.volume)"), ("/v1/snapshots/", "\(theirs.snapshot)"),
            ] {
                let foreign = try await tenants.send(.get, path + id, by: tenant).error
                let missing = try await tenants.send(.get, path + absent, by: tenant).error
                #expect(foreign.message.replacingOccurrences(of: id, with: absent) == missing.message)
                #expect(foreign.code == .notFound)
            }
            let foreign = try await tenants.send(.get, "/v1/instances?project=rival", by: tenant).error.message
            let missing = try await tenants.send(.get, "/v1/instances?project=nobody", by: tenant).error.message
            #expect(foreign.replacingOccurrences(of: "rival", with: "nobody") == missing)
            // Another's idempotency key is another key.
            let launch = Data(#"{"name": "again", "image": "own", "queue": true}"#.utf8)
            let first = try await tenants.send(.post, "/v1/instances?project=shop", launch, by: tenant, headers: [("Idempotency-Key", "same")])
            #expect(first.status == 201, "\(first.text)")
            let other = try await tenants.send(.post, "/v1/instances?project=shop", launch, by: tenants.admin, headers: [("Idempotency-Key", "same")])
            #expect(other.status == 409, "\(other.text)")
        }
    }

    @Test("the same names live in two projects, and a project that holds something is not deleted")
    func names() async throws {
        try await RunningController.run(Self.asked) { controller in
            var tenants = try await PlayedTenants(controller)
            try await tenants.furnish()
            let shop = try await tenants.send(.get, "/v1/instances/web?project=shop", by: tenants.admin).decoded(as: Instance.self)
            let rival = try await tenants.send(.get, "/v1/instances/web?project=rival", by: tenants.admin).decoded(as: Instance.self)
            #expect(shop.id != rival.id)
            #expect(shop.spec.image.digest != rival.spec.image.digest)
            let held = try await tenants.send(.delete, "/v1/projects/shop", by: tenants.admin)
            #expect(try held.error.message.contains("1 instance, 1 volume, 1 snapshot, 1 image, 1 key"), "\(held.text)")
            try await tenants.ask(.post, "/v1/projects", ProjectRequest(name: try Name("empty")), expecting: 201)
            #expect(try await tenants.send(.delete, "/v1/projects/empty", by: tenants.admin).status == 200)
            #expect(try await tenants.send(.delete, "/v1/projects/default", by: tenants.admin).status == 409)
        }
    }

    @Test("of a hundred launches at once as many pass as the quota has room for, and what is being deleted counts until it is gone")
    func quota() async throws {
        try await RunningController.run(Self.asked) { controller in
            var tenants = try await PlayedTenants(controller)
            try await tenants.furnish()
            let tenant = try tenants.secret(.tenant)
            let limits = QuotaRequest(limits: try JSONDecoder().decode(Quota.self, from: Data(#"{"instances": 8, "milliCPU": 6000}"#.utf8)))
            try await tenants.ask(.put, "/v1/projects/shop/quota", limits)
            let body = Data(#"{"image": "own", "queue": true, "size": "nano"}"#.utf8)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<100 { group.addTask { [tenants] in try await tenants.send(.post, "/v1/instances", body, by: tenant).status } }
                return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [201: 7, 403: 93], "\(statuses)")
            let refused = try await tenants.send(.post, "/v1/instances", body, by: tenant).error
            #expect(refused.code == .quotaExceeded)
            #expect(refused.message.contains("8 instances"), "\(refused.message)")
            let view = try await tenants.send(.get, "/v1/projects/shop/quota", by: tenant).decoded(as: QuotaView.self)
            #expect(view.used.instances == 8 && view.limits.instances == 8)
            #expect(view.used.cpu == MilliCPU(1000 + 7 * 250))
            // The node has not let go of it yet, so its room is not free.
            let things = try #require(tenants.things["shop"])
            let unprotected = try await tenants.send(.put, "/v1/instances/\(things.instance)", Data(#"{"protected": false}"#.utf8), by: tenant)
            #expect(unprotected.status == 200, "\(unprotected.text)")
            #expect(try await tenants.send(.delete, "/v1/instances/\(things.instance)", by: tenant).status == 200)
            #expect(try await tenants.send(.post, "/v1/instances", body, by: tenant).error.code == .quotaExceeded)
            let big = try await tenants.send(.post, "/v1/instances", Data(#"{"image": "own", "queue": true, "count": 1000}"#.utf8), by: tenant)
            #expect(try big.error.code == .quotaExceeded)
            try await tenants.ask(.put, "/v1/projects/shop/quota", QuotaRequest(unlimited: [.instances]))
            #expect(try await tenants.send(.post, "/v1/instances", body, by: tenant).status == 201)
            try await tenants.ask(
                .put, "/v1/projects/shop/quota", QuotaRequest(limits: try JSONDecoder().decode(Quota.self, from: Data(#"{"images": 1}"#.utf8))))
            let image = try await tenants.send(.post, "/v1/images?name=more&format=linux&project=shop", Data("more".utf8), by: tenant)
            #expect(try image.error.code == .quotaExceeded)
        }
    }
}
