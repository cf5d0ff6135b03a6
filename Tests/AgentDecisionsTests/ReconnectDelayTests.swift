import AgentDecisions
import ClusterModel
import Testing

@Suite("coming back to a controller that did not answer")
struct ReconnectDelayTests {
    @Test("a thousand agents that fail together come back spread over the whole wait", arguments: 1...8)
    func spread(failures: Int) {
        let interval = Milliseconds(seconds: 3)
        let ceiling = ReconnectDelay.ceiling(after: failures, interval: interval)
        var tenths = [Int](repeating: 0, count: 10)
        for agent in 0..<1000 {
            var generator = SeededGenerator(seed: UInt64(agent), stream: 7)
            let delay = ReconnectDelay.draw(after: failures, interval: interval, using: &generator)
            #expect(delay >= .zero && delay <= ceiling)
            tenths[min(9, Int(delay / ceiling * 10))] += 1
        }
        #expect(tenths.allSatisfy { (60...140).contains($0) }, "\(tenths)")
    }

    @Test("the wait doubles with each failure, up to the interval or five seconds")
    func ceilings() {
        let seconds = { (interval: Int64) in (1...7).map { ReconnectDelay.ceiling(after: $0, interval: Milliseconds(interval)) } }
        #expect(seconds(60_000) == [.milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(5), .seconds(5), .seconds(5)])
        #expect(seconds(1000) == [.milliseconds(500)] + Array(repeating: .seconds(1), count: 6))
        #expect(ReconnectDelay.ceiling(after: .max, interval: Milliseconds(10)) == .milliseconds(250), "never less than that")
    }
}
