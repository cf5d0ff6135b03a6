import CageDecisions
import Testing

private let boot = LeaseRecordTests.boot

private func record(until deadline: UInt64, sequence: UInt64 = 1, boot: BootID = boot) -> [UInt8] {
    LeaseRecord(boot: boot, deadline: deadline, sequence: sequence).bytes
}

@Suite("a cage and its node's lease")
struct CageLeaseTests {
    @Test("it starts a VMM before the deadline and not at it, and never without a record that can be believed")
    func start() {
        var cage = CageLease(boot: boot)
        #expect(cage.mayStart(reading: record(until: 100), at: 99) == true)
        #expect(cage.mayStart(reading: record(until: 100), at: 100) == false)
        for bytes in [[], record(until: 100, boot: BootID(high: 1, low: 2)), Array(record(until: 100).dropLast())] {
            var fresh = CageLease(boot: boot)
            #expect(fresh.mayStart(reading: bytes, at: 1) == false)
        }
    }

    @Test("it waits for the deadline, and again where the lease was renewed meanwhile")
    func renewed() {
        var cage = CageLease(boot: boot)
        #expect(cage.step(reading: record(until: 100), at: 10) == .wait(until: 100))
        #expect(cage.step(reading: record(until: 200, sequence: 2), at: 100) == .wait(until: 200))
        #expect(!cage.isOver)
    }

    @Test("at the deadline it kills, and again and again; a lease that comes back is none for what ran before")
    func over() {
        var cage = CageLease(boot: boot)
        _ = cage.step(reading: record(until: 100), at: 10)
        #expect(cage.step(reading: record(until: 100), at: 100) == .kill(again: 100 + CageLease.insistence))
        #expect(cage.step(reading: record(until: 1 << 40, sequence: 9), at: 200) == .kill(again: 200 + CageLease.insistence))
        #expect(cage.mayStart(reading: record(until: 1 << 40, sequence: 9), at: 200) == false)
    }

    @Test("a torn or older reading takes nothing away and gives nothing")
    func torn() {
        var cage = CageLease(boot: boot)
        #expect(cage.step(reading: record(until: 100, sequence: 5), at: 10) == .wait(until: 100))
        #expect(cage.step(reading: [1, 2, 3], at: 20) == .wait(until: 100))
        #expect(cage.step(reading: record(until: 900, sequence: 4), at: 30) == .wait(until: 100))
        #expect(cage.step(reading: [], at: 100) == .kill(again: 100 + CageLease.insistence))
    }

    @Test("an agent that withdraws the lease is heeded")
    func withdrawn() {
        var cage = CageLease(boot: boot)
        _ = cage.step(reading: record(until: 100), at: 10)
        #expect(cage.step(reading: record(until: 0, sequence: 2), at: 20) == .kill(again: 20 + CageLease.insistence))
    }
}

@Suite("the node guard")
struct GuardWatchTests {
    private let vmm = FencedVMM(pid: 7, startTime: 70)
    private let other = FencedVMM(pid: 8, startTime: 80)

    @Test("it leaves the deadline to the cages, and kills what is still there half a second later, again and again")
    func secondLine() {
        var watch = GuardWatch(boot: boot, feeds: false)
        let end = 1000 + GuardWatch.patience
        #expect(watch.step(reading: record(until: 1000), alive: [vmm], at: 10).shown == "kill 0, feed, at \(end)")
        #expect(watch.step(reading: record(until: 1000), alive: [vmm], at: end - 1).kill == [])
        #expect(watch.step(reading: record(until: 1000), alive: [vmm], at: end).shown == "kill 1, starve, at \(end + GuardWatch.insistence)")
        #expect(watch.step(reading: record(until: 1000), alive: [vmm], at: end + 5).kill == [vmm])
    }

    @Test("what outlived its lease is killed under the next one too, and what was started under that is not")
    func doomed() {
        var watch = GuardWatch(boot: boot, feeds: false)
        _ = watch.step(reading: record(until: 1000), alive: [vmm], at: 1000 + GuardWatch.patience)
        let later: UInt64 = 5_000_000_000
        let renewed = record(until: 1 << 50, sequence: 2)
        #expect(watch.step(reading: renewed, alive: [vmm, other], at: later).kill == [vmm])
        #expect(watch.step(reading: renewed, alive: [other], at: later).kill == [])
    }

    @Test("without a lease that can be believed nothing fenced may run")
    func unreadable() {
        var watch = GuardWatch(boot: boot, feeds: false)
        #expect(watch.step(reading: [], alive: [vmm], at: 1_000_000_000).kill == [vmm])
    }

    @Test("the watchdog is fed while the lease holds or nothing fenced runs, and starves while a VMM outlives its lease")
    func watchdog() {
        var watch = GuardWatch(boot: boot, feeds: true)
        #expect(watch.step(reading: record(until: 1 << 40), alive: [vmm], at: 10).shown == "kill 0, feed, at \(10 + GuardWatch.idle)")
        let over: UInt64 = 1 << 41
        #expect(watch.step(reading: record(until: 1 << 40), alive: [vmm], at: over).feed == false)
        #expect(watch.step(reading: record(until: 1 << 42, sequence: 2), alive: [vmm], at: over).feed == false, "a new lease does not cover it")
        #expect(watch.step(reading: [], alive: [], at: over).feed == true)
    }
}

extension GuardWatch.Orders {
    fileprivate var shown: String { "kill \(kill.count), \(feed ? "feed" : "starve"), at \(wakeAt)" }
}
