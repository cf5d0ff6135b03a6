import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("2^63 of anything")
struct ExtremeNumberTests {
    private static let ends = ["9223372036854775807", "-9223372036854775808", "4611686018427387904", "1125899906842624", "-1", "0"]

    /// Copies of a body, each with one of its numbers at one of the ends.
    private static func bodies(_ model: some Encodable) throws -> [Data] {
        let text = String(decoding: try JSONEncoder().encode(model), as: UTF8.self)
        let numbers = text.matches(of: /:(-?[0-9]+)(?=[,}\]])/).map { $0.output.1.startIndex..<$0.output.1.endIndex }
        #expect(!numbers.isEmpty, "\(text)")
        return numbers.flatMap { place in
            ends.map { end in
                var changed = text
                changed.replaceSubrange(place, with: end)
                return Data(changed.utf8)
            }
        }
    }

    @Test("every number of every tenant's and operator's request at its ends is taken or refused, and the ledger is read again after it")
    func requests() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let configuration = RunningController.calm + PlayedTenants.tokens
        let admin = try await RunningController.run(in: directory, configuration) { controller in
            var tenants = try await PlayedTenants(controller)
            try await tenants.furnish()
            let things = try #require(tenants.things["shop"])
            var statuses: Set<Int> = []
            func ask(_ method: Route.Method, _ target: String, _ model: some Encodable) async throws {
                for body in try Self.bodies(model) {
                    let reply = try await tenants.send(method, target, body, by: tenants.admin)
                    statuses.insert(reply.status)
                    #expect(
                        (200..<500).contains(reply.status) && reply.status != 404, "\(target) \(String(decoding: body, as: UTF8.self)): \(reply.text)"
                    )
                }
            }
            var launch = LaunchRequest()
            launch.image = try Name("own")
            launch.queue = true
            launch.count = 2
            launch.priority = 1
            launch.stopTimeout = Milliseconds(5000)
            launch.expiresIn = Milliseconds(3_600_000)
            try await ask(.post, "/v1/instances?project=shop", launch)
            try await ask(.post, "/v1/instances?project=shop&dryRun=1", launch)
            var update = UpdateRequest()
            update.expiresIn = Milliseconds(3_600_000)
            try await ask(.put, "/v1/instances/\(things.instance)", update)
            var stop = StopRequest()
            stop.timeout = Milliseconds(5000)
            try await ask(.post, "/v1/instances/\(things.instance)/stop", stop)
            try await ask(.post, "/v1/instances/\(things.instance)/migrate", MigrateRequest(bandwidth: MiB(5), maxDowntime: Milliseconds(5)))
            try await ask(
                .post, "/v1/instances/\(things.instance)/streams", OpenStreamRequest(source: .log(lines: 1, follow: false)))
            try await ask(.post, "/v1/instances/\(things.instance)/streams", OpenStreamRequest(source: .port(number: 22)))
            let limits = #""limits":{"iops":5,"bytesPerSecond":5}"#
            try await ask(.post, "/v1/volumes?project=shop", try Self.volume(#"{"name":"more","sizeMiB":5,\#(limits)}"#))
            try await ask(
                .put, "/v1/volumes/\(things.volume)",
                try JSONDecoder().decode(VolumeUpdateRequest.self, from: Data(#"{"sizeMiB":5,\#(limits)}"#.utf8)))
            let resources = Resources(
                cpu: MilliCPU(1000), memory: MiB(64), disk: MiB(64), devices: [.init(name: try Name("gpu"), count: 1)])
            try await ask(.post, "/v1/sizes", Size(name: try Name("odd"), resources: resources, traits: []))
            let quota = #"{"limits":{"instances":5,"milliCPU":5,"memoryMiB":5,"diskMiB":5,"volumes":5,"snapshots":5,"images":5}}"#
            try await ask(.put, "/v1/projects/shop/quota", try JSONDecoder().decode(QuotaRequest.self, from: Data(quota.utf8)))
            try await ask(.post, "/v1/tokens", TokenRequest(account: nil, expiresIn: Milliseconds(60_000)))
            try await ask(.post, "/v1/nodes/n1/drain", DrainRequest(parallel: 2))
            #expect(statuses.contains(400) && (statuses.contains(200) || statuses.contains(201)))
            try await Self.look(tenants.admin, controller)
            return tenants.admin
        }
        try await RunningController.run(in: directory, configuration) { try await Self.look(admin, $0) }
    }

    private static func volume(_ text: String) throws -> VolumeRequest { try JSONDecoder().decode(VolumeRequest.self, from: Data(text.utf8)) }

    /// Everything that adds up what was taken.
    private static func look(_ admin: String, _ controller: RunningController) async throws {
        for target in [
            "/readyz", "/metrics", "/v1/cluster", "/v1/nodes", "/v1/instances?project=shop", "/v1/volumes?project=shop", "/v1/sizes",
            "/v1/projects/shop/quota", "/v1/operations?project=shop", "/v1/capacity/history", "/v1/events",
        ] {
            let reply = try await controller.send(.get, target, headers: [("Authorization", "Bearer \(admin)")])
            #expect(reply.status == 200, "\(target): \(reply.text)")
        }
    }

    @Test("every number that a node can say at its ends is taken or refused, and the ledger is read again after it")
    func syncs() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        @Sendable func look(_ controller: RunningController) async throws {
            for target in ["/readyz", "/metrics", "/v1/cluster", "/v1/nodes", "/v1/nodes/n1", "/v1/instances", "/v1/events"] {
                #expect(try await controller.send(.get, target).status == 200, "\(target)")
            }
        }
        try await RunningController.run(in: directory) { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            let launched = try await controller.launch("web", size: "nano")
            let id = try #require(launched.instances.first?.id)
            try await node.obey()
            let timings = StartTimings(imageReady: 1, diskReady: 2, seedReady: 3, spawned: 4)
            let resources = try #require(node.observed[id]).resources
            let observed = ObservedInstance(
                id: id, name: try Name("web"), generation: 1, state: .running, pid: 42, restarts: 1, reboots: 1, timings: timings,
                resources: resources)
            var request = node.request(full: true, observed: [observed])
            request.number = 1
            var statuses: Set<Int> = []
            for body in try Self.bodies(request) {
                // As by an agent that has just started, so that it is not taken for a late copy.
                let text = String(decoding: body, as: UTF8.self).replacing(request.session, with: UUID().uuidString)
                let reply = try await controller.send(.post, "/v1/nodes/\(node.id)/sync", Data(text.utf8))
                statuses.insert(reply.status)
                #expect((200..<500).contains(reply.status), "\(text): \(reply.text)")
            }
            #expect(statuses.contains(400) && statuses.contains(200), "\(statuses)")
            try await look(controller)
        }
        try await RunningController.run(in: directory) { try await look($0) }
    }
}
