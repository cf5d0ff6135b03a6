import Agent
import AgentDecisions
import CageDecisions
import ClusterModel
import Foundation
import Logging
import Synchronization
import Testing

@Suite("the lease on the node")
struct LeaseFileTests {
    @Test("the next agent of the same boot takes up what was granted; a deadline beyond a day, one that has passed and another boot's are none")
    func kept() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/lease"
        #expect(try LeaseFile(path).kept() == nil)
        let until = Duration.seconds(BootClock.now.components.seconds + 20)
        try LeaseFile(path).put(.held(until: until))
        let next = try LeaseFile(path)
        #expect(next.kept() == until)
        #expect(next.kept(at: BootClock.nanoseconds + 20_000_000_000) == nil)
        try next.put(.none)
        try next.put(.kept(until: .seconds(1)))
        #expect(try LeaseFile(path).kept() == until, "what says nothing new writes nothing")
        try next.put(.held(until: BootClock.now + .seconds(100_000)))
        #expect(try LeaseFile(path).kept() == nil)
        let deadline = BootClock.nanoseconds + 20_000_000_000
        try Data(LeaseRecord(boot: BootID(high: 1, low: 2), deadline: deadline, sequence: 1).bytes).write(to: URL(filePath: path))
        #expect(try LeaseFile(path).kept() == nil)
    }

    @Test("every reading that is whole is one that was written, while it is written again and again")
    func reading() async throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/lease"
        let file = try LeaseFile(path)
        let base = BootClock.now
        let isDone = Mutex(false)
        let writing = Task.detached {
            for step in 0..<20_000 { try file.put(.held(until: base + .nanoseconds(step))) }
            isDone.withLock { $0 = true }
        }
        let handle = try FileHandle(forReadingFrom: URL(filePath: path))
        var readings = 0
        while !isDone.withLock(\.self) {
            try handle.seek(toOffset: 0)
            guard let record = LeaseRecord(Array(try handle.readToEnd() ?? Data())) else { continue }
            readings += 1
            #expect(record.deadline == 0 || Duration.nanoseconds(Int64(record.deadline)) - base < .nanoseconds(20_000))
        }
        try await writing.value
        #expect(readings > 0)
    }
}

@Suite("fenced instances under a keeper", .timeLimit(.minutes(1)))
struct FencedKeeperTests {
    private func desired(_ id: InstanceID, fenced: Bool) throws -> DesiredInstance {
        DesiredInstance(
            id: id, name: try Name("web"), project: try Name("default"), generation: 1, desired: .running, resources: .zero,
            image: ImageReference(name: try Name("tiny"), digest: Digest(hex: String(repeating: "a", count: 64))!, format: .linux, bytes: 1),
            restart: .onFailure, reboots: 0, stopTimeout: Milliseconds(seconds: 5), fenced: fenced)
    }

    @Test("they start with the lease, end with it, and start with the next; stay runs through; a renewal just before the end carries them on")
    func life() async throws {
        let vmm = SyntheticDriver(behaviour: SyntheticBehaviour())
        let keeper = InstanceKeeper(vmm: vmm, logger: Logger(label: "test"))
        let following = Task { await keeper.follow() }
        defer { following.cancel() }
        let fenced = InstanceID.random()
        let stay = InstanceID.random()
        await keeper.apply([try desired(fenced, fenced: true), try desired(stay, fenced: false)], full: true)
        func wait(_ id: InstanceID, _ state: ObservedInstance.State) async throws -> ObservedInstance {
            try await eventually("\(id) is \(state)", within: 20) {
                let observed = await keeper.instance(id)
                return observed?.state == state ? observed : nil
            }
        }
        let kept = try await wait(stay, .running)
        _ = try await wait(fenced, .starting)
        let soon = BootClock.now + .seconds(4)
        await keeper.hold(.held(until: soon))
        let first = try await wait(fenced, .running)
        let until = soon + .seconds(4)
        await keeper.hold(.held(until: until))
        try await Task.sleep(for: soon - BootClock.now + .milliseconds(500))
        #expect(await keeper.instance(fenced)?.pid == first.pid, "the first deadline has passed")
        let ended = try await wait(fenced, .starting)
        #expect(BootClock.now >= until)
        #expect(ended.restarts == 0)
        await keeper.hold(.held(until: BootClock.now + .seconds(60)))
        #expect(try await wait(fenced, .running).pid != first.pid)
        #expect(await keeper.instance(stay)?.pid == kept.pid)
    }
}
