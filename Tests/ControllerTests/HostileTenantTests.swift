import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("a hostile tenant")
struct HostileTenantTests {
    @Test(
        "gigabytes, brackets a million deep, names of control characters, 10,000 bytes and 2^63 of anything are each refused, and the controller goes on"
    )
    func inputs() async throws {
        try await RunningController.run(RunningController.calm + PlayedTenants.tokens) { controller in
            var tenants = try await PlayedTenants(controller)
            try await tenants.furnish()
            let tenant = try tenants.secret(.tenant)
            // Said to be a gigabyte, and sent until it is refused.
            let transport = try CurlTransport(endpoint: controller.endpoint, token: tenant)
            var huge = HTTPRequest(method: .post, target: "/v1/instances", timeout: .seconds(30))
            let piece = Data(repeating: 0x20, count: 1 << 20)
            huge.body = .stream { piece }
            do {
                #expect(try await transport.send(huge).status == 413)
            } catch is TransportError {}
            await transport.shutdown()
            let deep = Data(repeating: UInt8(ascii: "["), count: 1_000_000)
            let names = ["a\u{0}b", "a\nb", "../../etc/passwd", "a/b", String(repeating: "a", count: 10_000), "\u{202E}abc", "a b", "", "-", "Ä"]
            var bodies: [(String, Data)] = [("/v1/instances", deep), ("/v1/keys", deep), ("/v1/tokens", deep), ("/v1/service-accounts", deep)]
            for name in names {
                let text = try JSONEncoder().encode(["name": name])
                bodies += [("/v1/instances", text), ("/v1/service-accounts", text), ("/v1/keys", text)]
            }
            for number in ["9223372036854775808", "9223372036854775807", "-9223372036854775808", "1e400", "1.5"] {
                for field in ["count", "priority", "stopTimeoutMilliseconds", "expiresInMilliseconds"] {
                    bodies.append(("/v1/instances", Data(#"{"\#(field)": \#(number)}"#.utf8)))
                }
                bodies.append(("/v1/tokens", Data(#"{"expiresInMilliseconds": \#(number)}"#.utf8)))
            }
            for (target, body) in bodies {
                let reply = try await tenants.send(.post, target, body, by: try tenants.secret(.tenantAdmin))
                #expect(
                    (400..<500).contains(reply.status), "\(target) \(String(decoding: body.prefix(60), as: UTF8.self)): \(reply.status) \(reply.text)"
                )
                #expect(!reply.text.contains("\u{202E}"))
            }
            for number in ["9223372036854775808", "9223372036854775807", "-1", "99999999999999999999"] {
                let quota = Data(#"{"limits": {"instances": \#(number), "memoryMiB": \#(number)}}"#.utf8)
                #expect(try await tenants.send(.put, "/v1/projects/shop/quota", quota, by: tenants.admin).status == 400)
                for target in ["/v1/instances?limit=\(number)", "/v1/audit?last=\(number)", "/v1/instances?continue=\(number)x"] {
                    #expect(try await tenants.send(.get, target, by: tenants.admin).status == 400, "\(target)")
                }
            }
            for name in names where !name.isEmpty {
                let encoded = PercentEncoding.encode(name)
                for target in ["/v1/instances/\(encoded)", "/v1/projects/\(encoded)", "/v1/instances?project=\(encoded)"] {
                    let reply = try await tenants.send(.get, target, by: tenant)
                    #expect((400..<500).contains(reply.status), "\(target.prefix(60)): \(reply.text)")
                }
            }
            #expect(try await tenants.send(.get, "/readyz", by: nil).status == 200)
        }
    }

    @Test("guessed ids of every kind find nothing, and a key that was deleted a moment ago is not used")
    func guesses() async throws {
        try await RunningController.run(RunningController.calm + PlayedTenants.tokens) { controller in
            var tenants = try await PlayedTenants(controller)
            try await tenants.furnish()
            let tenant = try tenants.secret(.tenant)
            for _ in 0..<50 {
                let id = UUID().uuidString.lowercased()
                for path in ["instances", "operations", "images", "streams/\(id)/output?x="] {
                    #expect(try await tenants.send(.get, "/v1/\(path)/\(id)", by: tenant).status == 404)
                }
            }
            #expect(try await tenants.send(.delete, "/v1/keys/laptop?project=shop", by: tenant).status == 200)
            let launch = Data(#"{"name": "late", "image": "own", "queue": true, "keys": ["laptop"]}"#.utf8)
            let reply = try await tenants.send(.post, "/v1/instances?project=shop", launch, by: tenant)
            // The rival's key of the same name is not taken in its place.
            #expect(reply.status == 404, "\(reply.text)")
        }
    }
}
