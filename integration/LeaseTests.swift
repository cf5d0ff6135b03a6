import ClusterAPI
import ClusterModel
import Foundation
import Testing

/// Real agents, cages, guards and guests under leases short enough to wait for.
@Suite("a lease that ends", .serialized, .timeLimit(.minutes(10)))
struct LeaseTests {
    private static let times = "{renew: 500ms, length: 4s, kill: 2s, wait: 7s}"
    private static let length = 4.0
    private static let kill = 2.0

    private struct Guests {
        var fenced: Instance
        var stay: Instance
        func pid(_ instance: Instance) throws -> Int32 { try #require(instance.status.pid) }
    }

    /// One node with a fenced guest and one that stays, both running.
    private func withGuests(_ body: (Cluster, Guests) async throws -> Void) async throws {
        var shape = Cluster.Shape.qemu(1)
        shape.lease = Self.times
        try await Cluster.run(shape) { cluster in
            try await cluster.importTinyImage()
            try await cluster.launch("fenced", recovery: .fenced)
            try await cluster.succeed("launch", "stay", "--wait", "--timeout", "60s")
            let fenced = try await cluster.running("fenced")
            try await body(cluster, Guests(fenced: fenced, stay: try await cluster.running("stay")))
        }
    }

    /// What was running has ended in time after `began`, the other runs on, and never were there two.
    private func expectFenced(_ cluster: Cluster, _ guests: Guests, since began: ContinuousClock.Instant) async throws {
        let pid = try guests.pid(guests.fenced)
        let ended = try await eventually("the fenced VMM is ended", within: 30, every: .milliseconds(20)) {
            isAlive(pid) ? nil : ContinuousClock.now
        }
        let took = Double((ended - began) / .milliseconds(1)) / 1000
        #expect(took <= Self.length + Self.kill, "it took \(took) s")
        // The last renewal may be a hold and an interval old.
        #expect(took >= Self.length - 2.5, "it took \(took) s")
        #expect(isAlive(try guests.pid(guests.stay)), "stay runs on")
        #expect(try cluster.vmms(of: guests.fenced.id).isEmpty)
    }

    /// The fenced one runs again under a VMM of its own, and its end was no failure.
    private func expectBack(_ cluster: Cluster, _ guests: Guests) async throws {
        let before = try guests.pid(guests.fenced)
        let back = try await eventually("it runs again", within: 60) {
            let vmms = try cluster.vmms(of: guests.fenced.id)
            #expect(vmms.count <= 1, "one VMM at a time: \(vmms)")
            let instance = try await cluster.instance("fenced")
            return instance.status.state == .running && instance.status.pid != before ? instance : nil
        }
        #expect(back.status.restarts == 0)
        #expect(try cluster.vmms(of: guests.fenced.id) == [try #require(back.status.pid)])
        #expect(try await cluster.instance("stay").status.pid == guests.stay.status.pid)
    }

    @Test("a controller that is stopped ends fenced guests and no others; when it goes on they run again")
    func stoppedController() async throws {
        try await withGuests { cluster, guests in
            cluster.controller.kill(SIGSTOP)
            try await expectFenced(cluster, guests, since: .now)
            cluster.controller.kill(SIGCONT)
            try await expectBack(cluster, guests)
            #expect(try await !cluster.succeed("events").output.contains("NodeLost"), "its own pause is no node's death")
        }
    }

    @Test("a controller killed with -9 ends fenced guests and no others; started again in time it ends none")
    func killedController() async throws {
        try await withGuests { cluster, guests in
            await cluster.killController()
            try await cluster.restartController()
            try await Task.sleep(for: .seconds(Self.length + 1))
            #expect(isAlive(try guests.pid(guests.fenced)), "the restart was within the lease")
            await cluster.killController()
            try await expectFenced(cluster, guests, since: .now)
            try await cluster.restartController()
            try await expectBack(cluster, guests)
        }
    }

    @Test("an agent that is stopped past the lease: the cage ends the guest on time, and the agent that goes on starts it again")
    func stoppedAgent() async throws {
        try await withGuests { cluster, guests in
            cluster.signalAgent("n1", SIGSTOP)
            try await expectFenced(cluster, guests, since: .now)
            cluster.signalAgent("n1", SIGCONT)
            try await expectBack(cluster, guests)
        }
    }

    @Test("an agent killed with -9 and started again within the lease touches nothing; past it the cage has ended the guest")
    func killedAgent() async throws {
        try await withGuests { cluster, guests in
            await cluster.killAgent("n1")
            try cluster.startAgent("n1")
            try await Task.sleep(for: .seconds(Self.length + 1))
            #expect(isAlive(try guests.pid(guests.fenced)), "the next agent took up the lease")
            await cluster.killAgent("n1")
            try await expectFenced(cluster, guests, since: .now)
            try cluster.startAgent("n1")
            try await expectBack(cluster, guests)
        }
    }

    @Test("agent and guard both dead: the cage ends the guest all the same")
    func noAgentNoGuard() async throws {
        try await withGuests { cluster, guests in
            let nodeGuard = try cluster.guardPid("n1")
            await cluster.killAgent("n1")
            Foundation.kill(nodeGuard, SIGKILL)
            try await expectFenced(cluster, guests, since: .now)
            #expect(!isAlive(nodeGuard))
            try cluster.startAgent("n1")
            try await expectBack(cluster, guests)
        }
    }

    @Test("agent dead and cage stopped: the guard ends the guest, and ends itself when nothing is left to guard")
    func stoppedCage() async throws {
        try await withGuests { cluster, guests in
            let nodeGuard = try cluster.guardPid("n1")
            let cage = try cluster.cage(of: guests.fenced, on: "n1")
            await cluster.killAgent("n1")
            Foundation.kill(cage, SIGSTOP)
            try await expectFenced(cluster, guests, since: .now)
            #expect(isAlive(nodeGuard), "its cage may still start something")
            Foundation.kill(cage, SIGCONT)
            _ = try await eventually("the guard ends", within: 15) { isAlive(nodeGuard) ? nil : true }
            try cluster.startAgent("n1")
            try await expectBack(cluster, guests)
            #expect(try cluster.guardPid("n1") != nodeGuard)
        }
    }
}

/// A zombie is none.
private func isAlive(_ pid: Int32) -> Bool {
    guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let end = stat.lastIndex(of: ")") else { return false }
    return !stat[end...].hasPrefix(") Z")
}

extension Cluster {
    func launch(_ name: String, recovery: RecoveryPolicy) async throws {
        var request = LaunchRequest()
        request.name = try Name(name)
        request.recovery = recovery
        let transport = try CurlTransport(endpoint: endpoint)
        let answer = try await transport.send(
            HTTPRequest(
                method: .post, target: "/v1/instances", headers: [("Content-Type", "application/json")],
                body: .bytes(try JSONEncoder().encode(request)), timeout: .seconds(20)))
        await transport.shutdown()
        #expect(answer.status == 201, "\(String(decoding: answer.body, as: UTF8.self))")
    }

    fileprivate func running(_ name: String) async throws -> Instance {
        try await eventually("\(name) runs", within: 60) {
            let instance = try await instance(name)
            return instance.status.state == .running ? instance : nil
        }
    }

    /// Pids of QEMUs of the instance, on whichever node.
    fileprivate func vmms(of instance: InstanceID) throws -> [Int32] {
        processes(mentioning: "-uuid\0\(instance)").filter { pid in
            let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe")) ?? ""
            return executable.contains("qemu") && isAlive(pid)
        }
    }

    fileprivate func guardPid(_ node: String) throws -> Int32 {
        struct Record: Decodable { var pid: Int32 }
        let file = URL(filePath: "\(dataDirectory(of: node))/run/fenced/guard.json")
        return try JSONDecoder().decode(Record.self, from: Data(contentsOf: file)).pid
    }

    fileprivate func cage(of instance: Instance, on node: String) throws -> Int32 {
        struct Record: Decodable { var cage: Int32 }
        let file = URL(filePath: "\(dataDirectory(of: node))/instances/\(instance.id)/vmm.json")
        return try JSONDecoder().decode(Record.self, from: Data(contentsOf: file)).cage
    }
}
