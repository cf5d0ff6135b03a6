import ClusterModel
import ControllerDecisions
import Testing

@Suite("a node's health follows its silence")
struct NodeHealthTests {
    private let timing = HeartbeatTiming()

    @Test("a node is suspect and lost from the millisecond on at which it has been silent long enough")
    func boundaries() {
        for (health, age, expected) in [
            (Node.Health.alive, 8_999, Node.Health.alive), (.alive, 9_000, .suspect), (.alive, 36_000, .lost), (.suspect, 35_999, .suspect),
            (.suspect, 36_000, .lost),
        ] {
            #expect(health.afterSilence(of: Milliseconds(Int64(age)), timing: timing) == expected)
        }
    }

    @Test("silence never makes a node better")
    func onlyWorse() {
        #expect(Node.Health.lost.afterSilence(of: .zero, timing: timing) == .lost)
        #expect(Node.Health.suspect.afterSilence(of: .zero, timing: timing) == .suspect)
    }
}
