import ClusterModel
import Simulator
import Testing

@Suite("planted faults")
struct PlantedFaultTests {
    /// Found within the first few seeds, so that every run of the tests shows that the simulator finds something.
    static let quick: [PlantedFault] = [
        .epochUnchecked, .epochNotSynced, .replyBeforeCommit, .usageStored, .generationUnchecked, .recordNotSynced, .adoptionByPid, .keysForgotten,
        .tombstoneDroppedEarly, .heldPastLease, .inheritedWaitSkipped, .waitTooShort, .cageAsleep, .brakeOff, .deltasAfterLapse,
    ]

    static func firstFailing(_ fault: PlantedFault, within seeds: ClosedRange<UInt64>) -> RunResult? {
        for seed in seeds {
            let result = SimulationRun.run(SeedTests.settings(seed, planted: fault))
            if result.violation != nil { return result }
        }
        return nil
    }

    @Test("is found", arguments: quick)
    func found(fault: PlantedFault) { #expect(Self.firstFailing(fault, within: 1...500) != nil) }

    @Test("a failure is made small, and still fails alike")
    func small() throws {
        let settings = SeedTests.settings(1, planted: .tombstoneDroppedEarly)
        let plan = SimulationPlan(settings)
        let whole = try #require(SimulationRun.run(settings).violation)
        let small = try #require(Shrinking(settings, runs: 150))
        #expect(small.plan.faults.count < plan.faults.count / 2)
        #expect(small.plan.intents.count < plan.intents.count / 2)
        #expect(small.violation.promise == whole.promise)
        #expect(SimulationRun.run(settings, plan: small.plan).violation == small.violation)
        #expect(small.trace().contains { $0.contains("VIOLATION") })
    }
}
