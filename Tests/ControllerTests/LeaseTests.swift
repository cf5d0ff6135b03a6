import ClusterAPI
import ClusterModel
import Controller
import ControllerDecisions
import Foundation
import StrictYAML
import Testing

@Suite("leases over the wire")
struct LeaseTests {
    private static let standard = "lease: {profile: standard}\n"

    @Test("an answer to a node that has said everything carries a lease, and one that asks for everything carries none")
    func granted() async throws {
        try await RunningController.run(Self.standard) { controller in
            var node = try PlayedNode(controller, name: "n1")
            #expect(try await node.sync().lease == nil)
            #expect(try await node.sync(full: true).lease == LeaseGrant(length: LeaseTiming.standard.length))
            #expect(try await node.sync().lease != nil)
        }
    }

    @Test("a node that was lost says everything, and is rid of what was taken from it, before it has a lease again")
    func afterLoss() async throws {
        // An interval that leaves room for a lease, and silence that is noticed soon.
        try await RunningController.run("lease: {renew: 100ms, length: 2400ms, kill: 100ms, wait: 2600ms}\n") { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            try await node.join()
            try await controller.launch("web")
            try await node.obey()
            #expect(try await node.sync().lease != nil)
            let heard = ContinuousClock.now
            try await eventually { try await controller.get("/v1/nodes/n1", as: NodeView.self).node.health == .lost }
            #expect(ContinuousClock.now - heard >= .milliseconds(2500), "not while its lease may last")
            let answer = try await node.sync()
            #expect(answer.needsFull && answer.lease == nil)
            // Lost, it was removed with all that it held; it comes back as it was.
            #expect(try await controller.delete("/v1/nodes/n1").status == 200)
            let back = try await node.sync(full: true)
            #expect(back.lease == nil && back.desired.map(\.desired) == [.deleted])
            #expect(try await node.sync().lease == nil)
            try await node.obey()
            #expect(try await node.sync().lease != nil)
        }
    }

    @Test("a controller whose term another has ended grants nothing more")
    func endedTerm() async throws {
        let store = MemoryStore()
        do {
            try await RunningController.run(Self.standard, store: store) { controller in
                var node = try PlayedNode(controller, name: "n1")
                try await node.join()
                _ = try await store.campaign()
                try await eventually { (try? await node.sync())?.lease == nil }
            }
        } catch {
            // It ends when it next writes, be that a sample of the capacity.
            #expect("\(error)".contains("another controller has written"))
        }
    }

    @Test("a node that has obeyed a higher epoch makes the controller begin a term above it, at the same address and with all that it had")
    func outranked() async throws {
        try await RunningController.run(Self.standard) { controller in
            try await controller.importImage()
            var node = try PlayedNode(controller, name: "n1")
            let epoch = try await node.sync(full: true).epoch
            var request = node.request(full: false, observed: [])
            request.highestEpoch = Epoch(epoch.number + 5)
            let reply = try await controller.send(.post, "/v1/nodes/\(node.id)/sync", try JSONEncoder().encode(request))
            #expect(reply.status == 503 && reply.text.contains("\(epoch.number + 5)"), "\(reply.text)")
            let later: SyncAnswer = try await eventually { () async throws -> SyncAnswer? in
                let reply = try? await controller.send(.post, "/v1/nodes/\(node.id)/sync", try JSONEncoder().encode(request))
                return reply?.status == 200 ? try reply?.decoded() : nil
            }
            #expect(later.epoch > request.highestEpoch && later.needsFull && later.lease == nil)
            #expect(try await node.sync(full: true).lease != nil)
            #expect(try await controller.get("/v1/images/tiny", as: Image.self).name.text == "tiny")
        }
    }

    @Test("a controller with shorter times waits for the leases of the one before it")
    func inheritedWait() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appending(path: "lease-wait")
        let id = NodeID.random()
        try await RunningController.run(in: directory, Self.standard) { controller in
            var node = try PlayedNode(controller, name: "n1", id: id)
            try await node.join()
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == "36000\n")
        let quick = "heartbeat: {interval: 100ms, suspectAfter: 300ms, lostAfter: 600ms}\n"
        for (wait, least, most) in [("4000", 3.9, 60.0), ("0", 0.5, 3.9)] {
            try Data(wait.utf8).write(to: file)
            // Heard by this controller it is alive, and then silent.
            let began = ContinuousClock.now
            try await RunningController.run(in: directory, quick) { controller in
                var node = try PlayedNode(controller, name: "n1", id: id)
                try await node.join()
                try await eventually { try await controller.get("/v1/nodes/n1", as: NodeView.self).node.health == .lost }
            }
            let took = ContinuousClock.now - began
            #expect(took >= .seconds(least) && took <= .seconds(most), "\(wait): \(took)")
        }
        try Data("soon\n".utf8).write(to: file)
        await #expect(throws: ControllerStartError.self) { try await RunningController.run(in: directory, quick) { _ in } }
    }

    @Test("what a configuration may say of leases")
    func configuration() throws {
        func read(_ text: String) throws -> ControllerConfiguration {
            try ControllerConfiguration(text: "dataDirectory: /tmp/x\n\(text)", file: "controller.yaml")
        }
        let plain = try read("")
        #expect(plain.lease == .standard && plain.timing.interval == Milliseconds(3000) && plain.timing.lostAfter == Milliseconds(36_000))
        let fast = try read("lease: {profile: fast}\n")
        #expect(fast.lease == .fast && fast.timing.interval == Milliseconds(1000) && fast.timing.lostAfter == Milliseconds(10_000))
        #expect(try read("heartbeat: {interval: 3s, suspectAfter: 10s, lostAfter: 36s}\n").lease == .standard)
        let derived = try #require(try read("heartbeat: {interval: 500ms, suspectAfter: 2s, lostAfter: 5s}\n").lease)
        #expect(derived.renew == Milliseconds(500) && derived.wait == Milliseconds(5000))
        #expect(try read("heartbeat: {interval: 200ms, suspectAfter: 1s, lostAfter: 2s}\n").lease == nil)
        #expect(try read("lease: {profile: fast, syncRate: 500}\n").syncRate == 500)
        for (text, words) in [
            ("lease: {renew: 3s, length: 30s, kill: 5s, wait: 35s}\n", ["controller.yaml:2", "wait of 35s", "35657ms"]),
            ("lease: {renew: 8s, length: 30s, kill: 5s, wait: 60s}\n", ["half the lease", "30s", "17s"]),
            ("lease: {profile: fast, wait: 20s}\n", ["leave out wait"]), ("lease: {profile: quick}\n", ["standard, fast"]),
            ("lease: {renew: 3s}\n", ["length"]), ("lease: {renw: 3s}\n", ["renew"]), ("lease: {syncRate: 0}\n", ["1 to 1000000"]),
            ("lease: {profile: fast}\nheartbeat: {interval: 2s}\n", ["contradict", "1s", "10s"]),
            ("lease: {profile: fast}\nheartbeat: {lostAfter: 9s}\n", ["contradict"]),
        ] {
            let error = #expect(throws: ConfigurationError.self) { try read(text) }
            for word in words { #expect(error?.description.contains(word) == true, "\(error?.description ?? "accepted") lacks \(word)") }
        }
    }
}
