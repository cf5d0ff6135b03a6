import AgentDecisions
import ClusterModel
import Testing

@Suite("random lives")
struct RandomWalkTests {
    @Test("whatever happens: one piece of work at a time, one VMM at a time, no order goes back, and in the end all is as wanted", arguments: 1...400)
    func walk(seed: UInt64) { walk(seed: seed, fenced: false) }

    @Test("a fenced one too, and it is told to end as soon as its lease is over and starts under none", arguments: 1...400)
    func fencedWalk(seed: UInt64) { walk(seed: seed, fenced: true) }

    private func walk(seed: UInt64, fenced: Bool) {
        var random = SeededGenerator(seed: seed)
        var life = Life()
        var generation: Int64 = 0
        var reboots: Int64 = 0
        var isWanted = true
        for _ in 0..<200 {
            let before = life
            switch Int.random(in: 0..<(fenced ? 14 : 12), using: &random) {
            case 0, 1:
                generation += 1
                if Bool.random(using: &random) { reboots += 1 }
                let state = [DesiredState.running, .running, .stopped, .deleted][Int.random(in: 0..<4, using: &random)]
                life.happen(
                    .desired(
                        Sample.desired(generation, state, reboots: reboots, stopTimeout: Int64.random(in: 0...20, using: &random), fenced: fenced)))
                isWanted = true
            case 2: life.happen(.desired(Sample.desired(max(0, generation - 1), .deleted, fenced: fenced)))
            case 3:
                life.happen(.notWanted)
                isWanted = false
            case 4, 5, 6: life.succeed()
            case 7: life.fail(lasting: Bool.random(using: &random))
            case 8: life.end([.poweredOff, .signalled(9), .exited(1)][Int.random(in: 0..<3, using: &random)])
            case 9: life.happen(.ended(Sample.process(1), .signalled(9)))
            case 12, 13: life.hold(for: Double.random(in: 1...20, using: &random))
            default: life.pass(Double.random(in: 0...20, using: &random))
            }
            check(before, life, isWanted: isWanted || fenced, seed)
            if fenced { checkLease(before, life, seed) }
        }
        if fenced { life.hold(for: 100_000) }
        calm(&life, generation + 1, reboots, fenced: fenced, seed)
    }

    private func check(_ before: Life, _ after: Life, isWanted: Bool, _ seed: UInt64) {
        #expect(after.overlaps == 0, "seed \(seed): two pieces of work at a time")
        if after.running != nil { #expect(after.pending != .startVMM, "seed \(seed): a second VMM would be started") }
        if after.running != nil { #expect(after.machine.vmm == after.running, "seed \(seed): it lost sight of its VMM") }
        if let old = before.saved, let new = after.saved {
            #expect(new.desired.generation >= old.desired.generation, "seed \(seed): a generation went back")
        }
        if !isWanted { #expect(after.kills == before.kills && after.powerDowns == before.powerDowns, "seed \(seed): it ended what nobody spoke of") }
    }

    private func checkLease(_ before: Life, _ after: Life, _ seed: UInt64) {
        let mayRun = after.lease.mayRun(at: after.now)
        if after.running != nil, !mayRun, after.now > before.now, before.lease.mayRun(at: before.now) {
            #expect(after.kills > before.kills, "seed \(seed): it runs on without a lease")
        }
        if after.pending == .startVMM, !after.abandoned { #expect(mayRun, "seed \(seed): a VMM is started without a lease") }
    }

    private func calm(_ life: inout Life, _ generation: Int64, _ reboots: Int64, fenced: Bool, _ seed: UInt64) {
        let state: DesiredState = [.running, .stopped, .deleted][Int(seed % 3)]
        life.happen(.desired(Sample.desired(generation, state, reboots: reboots, stopTimeout: 5, fenced: fenced)))
        for _ in 0..<60 {
            life.settle()
            if life.running != nil, life.state == .stopping { life.end(.poweredOff) }
            life.pass(3)
        }
        life.settle()
        let expected: ObservedInstance.State = [.running, .stopped, .absent][Int(seed % 3)]
        #expect(life.state == expected, "seed \(seed): \(life.machine.observed)")
        #expect((life.running != nil) == (state == .running), "seed \(seed)")
        if state == .deleted { #expect(!life.hasFiles && life.saved == nil, "seed \(seed): something is left") }
    }
}
