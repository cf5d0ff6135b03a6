import ClusterModel
import ControllerDecisions
import Placement
import Testing

@Suite("the history of the capacity")
struct CapacityHistoryTests {
    private func row(_ key: Int64, at milliseconds: Int64) -> Row<CapacitySample> {
        Row(
            key: key,
            value: CapacitySample(
                at: Timestamp(milliseconds: milliseconds), nodes: 1, instances: Int(key), allocatable: .zero, allocated: .zero))
    }

    @Test("it is bounded, keeps the first and the newest, and forgets the more the farther back")
    func bounded() throws {
        var history = CapacityHistory(limit: 64, interval: Milliseconds(10))
        for number in Int64(0)..<10_000 {
            #expect(history.isDue(at: Timestamp(milliseconds: number * 10)))
            history.apply(Edit(before: nil, after: row(number, at: number * 10)))
            for surplus in history.surplus { history.apply(Edit(before: surplus, after: nil)) }
            #expect(history.rows.count <= 64)
        }
        let times = history.rows.map(\.value.at.milliseconds)
        #expect(times.first == 0 && times.last == 99_990)
        #expect(times == times.sorted())
        let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
        #expect(gaps.last == 10)
        #expect(try #require(gaps.first) >= 10_000)
        #expect(zip(gaps, gaps.dropFirst()).allSatisfy { $0 >= $1 })
    }

    @Test("what comes too soon is not taken, and a clock that was set back does not end the history")
    func tooSoon() {
        var history = CapacityHistory(limit: 64, interval: Milliseconds(10))
        history.apply(Edit(before: nil, after: row(1, at: 100)))
        #expect([100, 109, 91].allSatisfy { !history.isDue(at: Timestamp(milliseconds: $0)) })
        #expect([110, 90, -500, .min, .max].allSatisfy { history.isDue(at: Timestamp(milliseconds: $0)) })
    }

    @Test("the ledger takes a sample every five minutes, says what there was, and takes it back with a batch that failed")
    func ledger() throws {
        var ledger = PlayedLedger()
        ledger.join(1)
        _ = ledger.apply(.sampleCapacity)
        ledger.launch("one")
        _ = ledger.apply(.sampleCapacity)
        #expect(ledger.state.capacityHistory.rows.count == 1)
        ledger.now = ledger.now.advanced(by: Milliseconds(seconds: 301))
        let before = ledger.state.revision
        let outcome = ledger.apply(.sampleCapacity)
        let samples = ledger.state.capacityHistory.rows.map(\.value)
        #expect(samples.count == 2)
        #expect(samples.map(\.instances) == [0, 1] && samples.map(\.nodes) == [1, 1])
        #expect(samples[0].allocated == .zero)
        let node = try #require(ledger.state.nodes.values.first?.value)
        #expect(samples[1].allocated.cpu == ledger.state.engine.usage(of: node.id)?.cpu)
        #expect(samples[1].allocatable.memory == node.capacity.allocatable.memory)
        ledger.state.undo(outcome.effects, to: before)
        #expect(ledger.state.capacityHistory.rows.map(\.value) == Array(samples.prefix(1)))
    }
}
