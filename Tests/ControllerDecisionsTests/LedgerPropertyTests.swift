import ClusterModel
import ControllerDecisions
import Placement
import Testing

/// Plays commands of every kind, sensible and not, and checks after each what must always hold.
@Suite("what always holds of the ledger, whatever is asked of it")
struct LedgerPropertyTests {
    static let seeds: [UInt64] = Array(1...8)

    @Test("usage is the sum of the instances' allocations, and names are unique", arguments: seeds)
    func usageAndNames(seed: UInt64) {
        play(seed, steps: 160) { ledger, _ in
            for node in ledger.state.nodes.values.map(\.value) {
                let held = ledger.state.instances.values.flatMap(\.value.allocations).filter { $0.node == node.id }
                let sum = held.map(\.resources).reduce(Resources.zero, +)
                #expect(ledger.state.engine.usage(of: node.id) == sum, "seed \(seed)")
            }
            let names = ledger.state.instances.values.map { "\($0.value.instance.project)/\($0.value.instance.name)" }
            #expect(Set(names).count == names.count, "seed \(seed)")
            let seeded = ledger.state.instances.values.filter { $0.value.instance.spec.seed != nil }.map(\.value.id)
            #expect(Set(ledger.state.seeds.keys) == Set(seeded), "seed \(seed): a seed without its instance, or the reverse")
            let placed = ledger.state.instances.values.compactMap { $0.value.instance.placement?.node }
            #expect(placed.allSatisfy { ledger.state.nodes[$0] != nil }, "seed \(seed): an instance is on a node that is gone")
        }
    }

    @Test("no decision passes a node's capacity as it is then", arguments: seeds)
    func capacity(seed: UInt64) {
        var generator = SplitMix(seed)
        var ledger = PlayedLedger()
        for _ in 0..<160 {
            for outcome in [ledger.apply(ledger.randomCommand(using: &generator)), ledger.apply(.placePending(again: false))] {
                for step in outcome.effects.steps {
                    guard case .allocated(let allocation) = step.step, ledger.state.instances[allocation.instance]?.value.found == false,
                        let free = ledger.state.engine.free(on: allocation.node)
                    else { continue }
                    #expect(free.memory >= .zero && free.cpu >= .zero && free.disk >= .zero, "seed \(seed)")
                }
            }
        }
    }

    @Test("a command that is undone leaves the ledger as it was, to the last index", arguments: seeds)
    func undo(seed: UInt64) {
        var generator = SplitMix(seed)
        var ledger = PlayedLedger()
        for _ in 0..<160 {
            let command = ledger.randomCommand(using: &generator)
            let before = LedgerImage(ledger.state)
            var tried = ledger.state
            let outcome = tried.apply(command, at: ledger.now)
            tried.undo(outcome.effects, to: before.revision)
            #expect(LedgerImage(tried) == before, "seed \(seed), after \(command)")
            // The indexes too: the undone state answers what comes next as the untouched one does.
            let next = ledger.randomCommand(using: &generator)
            var untouched = ledger.state
            #expect(
                LedgerImage(applied(next, to: &tried, at: ledger.now)) == LedgerImage(applied(next, to: &untouched, at: ledger.now)), "seed \(seed)")
            ledger.apply(command)
        }
    }

    private func applied(_ command: Command, to state: inout ClusterState, at now: Timestamp) -> ClusterState {
        _ = state.apply(command, at: now)
        return state
    }

    @Test("read back from its rows, the ledger is what it was", arguments: seeds)
    func reload(seed: UInt64) {
        play(seed, steps: 120) { ledger, step in
            guard step % 20 == 0 else { return }
            var again = ClusterState(settings: ledger.state.settings)
            again.restore(Self.rows(of: ledger.state), revision: ledger.state.revision)
            #expect(LedgerImage(again) == LedgerImage(ledger.state), "seed \(seed), step \(step)")
        }
    }

    @Test("a reader's copy that follows the effects sees what the ledger is", arguments: seeds)
    func follow(seed: UInt64) {
        var generator = SplitMix(seed)
        var ledger = PlayedLedger()
        var reader = ledger.state
        for _ in 0..<160 {
            let outcome = ledger.apply(ledger.randomCommand(using: &generator))
            for change in outcome.effects.changes { reader.install(change.change) }
            reader.follow(outcome.effects.steps, to: ledger.state.revision)
        }
        #expect(LedgerImage(reader) == LedgerImage(ledger.state), "seed \(seed)")
    }

    @Test("every number is given once, in rising order; a refused command changes nothing", arguments: seeds)
    func numbers(seed: UInt64) {
        var generator = SplitMix(seed)
        var ledger = PlayedLedger()
        for _ in 0..<160 {
            let before = LedgerImage(ledger.state)
            let outcome = ledger.apply(ledger.randomCommand(using: &generator))
            let effects = outcome.effects
            let numbers = (effects.changes.map(\.revision) + effects.steps.map(\.revision) + effects.events.map(\.revision)).sorted()
            #expect(numbers == Array(before.revision + 1..<before.revision + 1 + Int64(numbers.count)), "seed \(seed)")
            if case .failure = outcome.result { #expect(LedgerImage(ledger.state) == before, "seed \(seed)") }
        }
    }

    @Test("the same commands at the same times give the same ledger")
    func deterministic() {
        func final() -> LedgerImage {
            var generator = SplitMix(99)
            var ledger = PlayedLedger()
            for _ in 0..<300 { ledger.apply(ledger.randomCommand(using: &generator)) }
            return LedgerImage(ledger.state)
        }
        #expect(final() == final())
    }

    private func play(_ seed: UInt64, steps: Int, _ check: (PlayedLedger, Int) -> Void) {
        var generator = SplitMix(seed)
        var ledger = PlayedLedger()
        for step in 0..<steps {
            ledger.apply(ledger.randomCommand(using: &generator))
            ledger.apply(.placePending(again: false))
            check(ledger, step)
        }
    }

    static func rows(of state: ClusterState) -> [Change] {
        var rows: [(Int64, Change)] = []
        rows += state.nodes.values.map { ($0.key, .node(Edit(before: nil, after: $0))) }
        rows += state.instances.values.map { ($0.key, .instance(Edit(before: nil, after: $0))) }
        rows += state.sizes.values.map { ($0.key, .size(Edit(before: nil, after: $0))) }
        rows += state.images.values.map { ($0.key, .image(Edit(before: nil, after: $0))) }
        rows += state.operations.values.map { ($0.key, .operation(Edit(before: nil, after: $0))) }
        rows += state.tombstones.values.map { ($0.key, .tombstone(Edit(before: nil, after: $0))) }
        rows += state.keys.values.map { ($0.key, .key(Edit(before: nil, after: $0))) }
        rows += state.storage.volumes.values.map { ($0.key, .volume(Edit(before: nil, after: $0))) }
        rows += state.storage.snapshots.values.map { ($0.key, .snapshot(Edit(before: nil, after: $0))) }
        rows += state.seeds.values.map { ($0.key, .seed(Edit(before: nil, after: $0))) }
        if let recovery = state.recovery { rows.append((recovery.key, .recovery(Edit(before: nil, after: recovery)))) }
        return rows.sorted { $0.0 < $1.0 }.map(\.1)
    }
}
