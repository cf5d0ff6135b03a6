import ClusterModel
import Foundation
import Testing

@Suite("an agent that dies", .serialized, .timeLimit(.minutes(5)))
struct AgentCrashTests {
    @Test("an agent killed with -9 leaves its VM running, and adopts it again within 10 s with the same pid")
    func adoption() async throws {
        try await Cluster.run(.qemu(1)) { cluster in
            try await cluster.importTinyImage()
            try await cluster.succeed("launch", "survivor", "--wait", "--timeout", "60s")
            let before = try await cluster.instance("survivor")
            let pid = try #require(before.status.pid)
            for _ in 1...3 {
                await cluster.killAgent("n1")
                #expect(kill(pid, 0) == 0, "the VMM runs on without its agent")
                try cluster.startAgent("n1")
                let after = try await eventually("the instance is seen running again", within: 10) {
                    let instance = try await cluster.instance("survivor")
                    return instance.status.state == .running && instance.status.pid == pid ? instance : nil
                }
                #expect(after.status.restarts == 0)
            }
            try await cluster.succeed("instance", "delete", "survivor", "--wait", "--timeout", "60s")
            #expect(kill(pid, 0) != 0)
        }
    }

    @Test("a VM that the controller does not know is quarantined and reported, never killed; the operator destroys it")
    func quarantine() async throws {
        try await Cluster.run(.qemu(1)) { cluster in
            try await cluster.importTinyImage()
            try await cluster.succeed("launch", "orphan", "--wait", "--timeout", "60s")
            let pid = try #require(try await cluster.instance("orphan").status.pid)
            // The controller forgets everything: its data directory is gone.
            await cluster.killController()
            try FileManager.default.removeItem(atPath: "\(cluster.scratch.url.path)/c")
            try await cluster.restartController()
            let found = try await eventually("the VM shows up as quarantined", within: 20) {
                let list = try await cluster.berth("instance", "list", "-o", "json")
                return list.output.contains("\"quarantined\"") ? list.output : nil
            }
            #expect(found.contains("orphan"))
            #expect(kill(pid, 0) == 0, "a VM that nobody asked for is not killed")
            try await cluster.succeed("instance", "destroy", "orphan", timeout: 60)
            _ = try await eventually("the destroyed VM ends", within: 20) { kill(pid, 0) != 0 ? true : nil }
        }
    }

    @Test("a quarantined VM that is adopted keeps its process, and stops, starts and goes like any other")
    func adoptedByAnOperator() async throws {
        try await Cluster.run(.qemu(1)) { cluster in
            try await cluster.importTinyImage()
            try await cluster.succeed("launch", "foundling", "--wait", "--timeout", "60s")
            let pid = try #require(try await cluster.instance("foundling").status.pid)
            await cluster.killController()
            try FileManager.default.removeItem(atPath: "\(cluster.scratch.url.path)/c")
            try await cluster.restartController()
            _ = try await eventually("the VM shows up as quarantined", within: 20) {
                try await cluster.berth("instance", "show", "foundling", "-o", "json").output.contains("\"quarantined\"") ? true : nil
            }
            try await cluster.succeed("instance", "adopt", "foundling")
            let adopted = try await eventually("it runs as an instance", within: 20) {
                let instance = try await cluster.instance("foundling")
                return instance.status.state == .running ? instance : nil
            }
            #expect(adopted.status.pid == pid)
            try await cluster.succeed("instance", "stop", "foundling", "--force", "--timeout", "60s")
            #expect(kill(pid, 0) != 0)
            try await cluster.succeed("instance", "start", "foundling", "--timeout", "60s")
            #expect(try await cluster.instance("foundling").status.pid != pid)
            try await cluster.succeed("instance", "delete", "foundling", "--timeout", "60s")
            #expect(cluster.processes(mentioning: adopted.id.description).isEmpty)
        }
    }

    @Test("an agent killed with -9 at many moments of a launch goes on with it, and one VMM runs in the end")
    func manyMoments() async throws {
        try await Cluster.run(.qemu(1)) { cluster in
            try await cluster.importTinyImage()
            let seed = UInt64.random(in: 0 ... .max)
            print("seed \(seed)")
            var moments = SplitMix(seed)
            for round in 1...8 {
                let name = "r\(round)"
                try await cluster.succeed("launch", name, "--size", "nano", "--no-wait")
                try await Task.sleep(for: .milliseconds(Int64(moments.next() % 120)))
                await cluster.killAgent("n1")
                try cluster.startAgent("n1")
                let running = try await eventually("\(name) runs after round \(round)", within: 40) {
                    let instance = try await cluster.instance(name)
                    return instance.status.state == .running ? instance : nil
                }
                let vmms = cluster.processes(mentioning: running.id.description).filter { cluster.executable(of: $0).contains("qemu") }
                #expect(vmms == [running.status.pid], "exactly one VMM runs")
                try await cluster.succeed("instance", "delete", name, "--timeout", "60s")
                #expect(cluster.processes(mentioning: running.id.description).isEmpty)
            }
        }
    }
}

@Suite("a VMM that dies", .serialized, .timeLimit(.minutes(5)))
struct VMMCrashTests {
    @Test("a killed QEMU is seen within a second and restarted by on-failure")
    func restarted() async throws {
        try await Cluster.run(.qemu(1)) { cluster in
            try await cluster.importTinyImage()
            try await cluster.succeed("launch", "phoenix", "--wait", "--timeout", "60s")
            let pid = try #require(try await cluster.instance("phoenix").status.pid)
            kill(pid, SIGKILL)
            _ = try await eventually("its end is seen", within: 1.5, every: .milliseconds(20)) {
                let instance = try await cluster.instance("phoenix")
                return instance.status.pid != pid || instance.status.state != .running ? true : nil
            }
            let again = try await eventually("it runs again", within: 30) {
                let instance = try await cluster.instance("phoenix")
                return instance.status.state == .running && instance.status.pid != pid ? instance : nil
            }
            #expect(again.status.restarts == 1)
        }
    }

    @Test("a killed cage takes its QEMU along, and the instance is restarted")
    func cageKilled() async throws {
        try await Cluster.run(.qemu(1)) { cluster in
            try await cluster.importTinyImage()
            try await cluster.succeed("launch", "caged", "--wait", "--timeout", "60s")
            let before = try await cluster.instance("caged")
            let pid = try #require(before.status.pid)
            let cages = cluster.processes(mentioning: before.id.description).filter { cluster.executable(of: $0).hasSuffix("berth-cage") }
            #expect(cages.count == 1)
            for cage in cages { kill(cage, SIGKILL) }
            _ = try await eventually("its VMM ends with it", within: 2, every: .milliseconds(10)) {
                cluster.processes(mentioning: before.id.description).contains(pid) ? nil : true
            }
            let after = try await eventually("it runs again", within: 30) {
                let instance = try await cluster.instance("caged")
                return instance.status.state == .running && instance.status.pid != pid ? instance : nil
            }
            #expect(after.status.restarts == 1)
        }
    }

    @Test("a killed QEMU stays failed under never, and says what happened")
    func never() async throws {
        try await Cluster.run(.qemu(1)) { cluster in
            try await cluster.importTinyImage()
            try await cluster.succeed("launch", "mortal", "--restart", "never", "--wait", "--timeout", "60s")
            let pid = try #require(try await cluster.instance("mortal").status.pid)
            kill(pid, SIGKILL)
            let failed = try await eventually("it is failed", within: 10) {
                let instance = try await cluster.instance("mortal")
                return instance.status.state == .failed ? instance : nil
            }
            #expect(failed.status.reason?.isEmpty == false)
            try await cluster.succeed("instance", "start", "mortal", "--wait", "--timeout", "60s")
        }
    }
}
