import ClusterModel
import ControllerDecisions
import Testing

@Suite("when the fence command is run")
struct FenceAttemptsTests {
    private func node(_ number: UInt64, since: Int64 = 0) -> Node {
        let registration = PlayedLedger.registration("n\(number)")
        return Node(
            id: PlayedLedger.identifier(number), name: registration.name, labels: registration.labels, taints: [], facts: registration.facts,
            capacity: registration.capacity, cordoned: false, health: .lost, silence: NodeSilence(since: Timestamp(milliseconds: since)),
            registeredAt: Timestamp(milliseconds: 0))
    }

    @Test("one run at a time for a node, after growing pauses, a few times and then no more; a new silence begins anew")
    func bounded() throws {
        var attempts = FenceAttempts()
        var now = Duration.zero
        var begun: [Duration] = []
        for _ in 0..<2000 {
            for run in attempts.due([node(1)], at: now) {
                #expect(attempts.due([node(1)], at: now).isEmpty, "it runs")
                begun.append(now)
                attempts.ended(run, at: now)
            }
            now += .seconds(1)
        }
        #expect(begun == [.zero, .seconds(5), .seconds(15), .seconds(35), .seconds(75)])
        #expect(attempts.due([node(1, since: 9)], at: now).map(\.attempt) == [1])
    }

    @Test("no more than a few nodes at once; the rest follow")
    func few() {
        var attempts = FenceAttempts()
        let nodes = (1...20).map { node(UInt64($0)) }
        let first = attempts.due(nodes, at: .zero)
        #expect(first.count == FenceAttempts.atOnce)
        for run in first { attempts.ended(run, at: .zero) }
        #expect(attempts.due(nodes, at: .zero).map(\.node) == nodes[8..<16].map(\.id))
    }
}
