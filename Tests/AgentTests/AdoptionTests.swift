import Agent
import AgentDecisions
import ClusterModel
import Foundation
import Testing

@Suite("an agent that starts again", .serialized)
struct AdoptionTests {
    /// A guest under a first agent that is then gone, as after kill -9.
    private func leftBehind(_ scratch: Scratch, restart: RestartPolicy = .onFailure) async throws -> (DesiredInstance, Data, Int32) {
        let (image, content) = try await TinyGuest.image()
        let node = try await LocalNode(scratch.path, serving: content)
        let instance = desired(image, restart: restart)
        await node.keeper.apply([instance], full: true)
        let pid = try #require(try await node.wait(instance.id, for: .running).pid)
        node.abandon()
        return (instance, content, pid)
    }

    @Test("its guests run on with the same pid; a QEMU that is killed is seen within a second and restarted", .timeLimit(.minutes(2)))
    func adopt() async throws {
        let scratch = try Scratch()
        let (instance, content, pid) = try await leftBehind(scratch)
        let began = ContinuousClock.now
        let node = try await LocalNode(scratch.path, serving: content)
        let taken = try await node.wait(instance.id, for: .running)
        #expect(ContinuousClock.now - began < .seconds(10))
        #expect(taken.pid == pid)
        #expect(taken.generation == 1)

        kill(pid, SIGKILL)
        let killed = ContinuousClock.now
        let restarting = try await node.wait(instance.id, for: .starting)
        #expect(ContinuousClock.now - killed < .seconds(1))
        #expect(restarting.reason == "its VMM was killed by signal 9; restart 1 of 5")
        let again = try await node.wait(instance.id, for: .running)
        #expect(again.restarts == 1)
        #expect(again.pid != pid)
        try await node.destroy(instance)
    }

    @Test("a guest that nobody wants is reported and left running", .timeLimit(.minutes(2)))
    func unknown() async throws {
        let scratch = try Scratch()
        let (instance, content, pid) = try await leftBehind(scratch)
        let node = try await LocalNode(scratch.path, serving: content)
        await node.keeper.apply([], full: true)
        let found = try await node.wait(instance.id, for: .quarantined)
        #expect(found.pid == pid)
        #expect(found.resources == instance.resources)
        #expect(kill(pid, 0) == 0)
        try await node.destroy(instance)
    }

    @Test("a pid that another process has by now is not taken for the guest", .timeLimit(.minutes(2)))
    func reusedPid() async throws {
        let scratch = try Scratch()
        let (instance, content, pid) = try await leftBehind(scratch, restart: .never)
        kill(pid, SIGKILL)
        let directory = InstanceDirectory(id: instance.id, under: "\(scratch.path)/instances")
        _ = try await eventually("the cage ends") { (!directory.isCaged).orNil }
        directory.delete(.end)
        var process = try #require(directory.read(InstanceDirectory.Process.self, from: .process))
        process.pid = getpid()
        try directory.write(process, to: .process)
        let node = try await LocalNode(scratch.path, serving: content)
        let found = try await node.wait(instance.id, for: .failed)
        #expect(found.reason == "its VMM ended unseen, and its policy is to restart never")
        #expect(found.pid == nil)
        try await node.destroy(instance)
    }

    @Test("a guest that does not answer is in quarantine until it does", .timeLimit(.minutes(2)))
    func silent() async throws {
        let scratch = try Scratch()
        let (instance, content, pid) = try await leftBehind(scratch)
        kill(pid, SIGSTOP)
        let node = try await LocalNode(scratch.path, serving: content)
        let found = try await node.wait(instance.id, for: .quarantined)
        #expect(found.reason == "its VMM (pid \(pid)) does not answer on its control socket")
        kill(pid, SIGCONT)
        #expect(try await node.wait(instance.id, for: .running).pid == pid)
        try await node.destroy(instance)
    }

    @Test(
        "at machine shutdown guests stop by ACPI; they stay down in that boot, and start in the next when they are wanted there",
        .timeLimit(.minutes(3)))
    func shutdown() async throws {
        let scratch = try Scratch()
        let (image, content) = try await TinyGuest.image()
        let node = try await LocalNode(scratch.path, serving: content)
        let instance = desired(image)
        await node.keeper.apply([instance], full: true)
        _ = try await eventually("the guest is ready", within: 60) { node.console(instance.id).contains("berth: ready").orNil }
        var configuration = AgentConfiguration(controller: "http://127.0.0.1:1", name: name("n1"), dataDirectory: scratch.path)
        configuration.shutdownTimeout = Milliseconds(seconds: 30)
        let outcomes = await GuestShutdown.run(configuration: configuration, logger: quiet)
        #expect(outcomes.map(\.instance) == [instance.id])
        #expect(outcomes.first?.ending == .poweredOff)
        #expect(try await node.wait(instance.id, for: .stopped).reason == "its node is shutting down")
        node.abandon()

        let same = try await LocalNode(scratch.path, serving: content)
        #expect(await same.keeper.instance(instance.id)?.state == .stopped)
        same.abandon()

        let directory = same.instanceDirectory(instance.id)
        var process = try #require(directory.read(InstanceDirectory.Process.self, from: .process))
        process.bootID = "the boot before"
        try directory.write(process, to: .process)
        let next = try await LocalNode(scratch.path, serving: content)
        #expect(await next.keeper.instance(instance.id)?.state == .starting)
        await next.keeper.apply([instance], full: true)
        let running = try await next.wait(instance.id, for: .running)
        #expect(running.restarts == 0)
        try await next.destroy(instance)
    }
}
