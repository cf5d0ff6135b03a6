import ClusterModel
import ControllerDecisions
import Testing

@Suite("instances that are updated, protected or expire")
struct UpdateTests {
    private func error(_ outcome: Outcome) -> ErrorBody? {
        if case .failure(let error) = outcome.result { error } else { nil }
    }

    private func events(_ outcome: Outcome) -> [String] { outcome.effects.events.map(\.reason) }

    @Test("a rename frees the old name and takes the new one, which must be free; labels are merged")
    func rename() throws {
        var ledger = PlayedLedger()
        ledger.join(1)
        ledger.launch("one")
        ledger.launch("two")
        let id = try #require(ledger.record("one")).id
        var change = Command.Update()
        change.name = name("two")
        #expect(error(ledger.apply(.update(.id(id), change)))?.code == .conflict)
        change.name = name("three")
        change.setLabels = Labels([try Label("a=1"), try Label("b=2")])
        #expect(error(ledger.apply(.update(.id(id), change))) == nil)
        #expect(ledger.record("one") == nil)
        change = Command.Update()
        change.setLabels = Labels([try Label("b=3")])
        change.removeLabels = ["a"]
        _ = ledger.apply(.update(.id(id), change))
        #expect(ledger.record("three")?.instance.spec.labels == Labels([try Label("b=3")]))
        ledger.launch("one")
        #expect(ledger.record("one") != nil)
    }

    @Test("a protected instance is deleted by nobody until that is lifted, and can't expire")
    func protection() throws {
        var ledger = PlayedLedger()
        ledger.join(1)
        ledger.launch("db")
        let id = try #require(ledger.record("db")).id
        var change = Command.Update()
        change.protected = true
        _ = ledger.apply(.update(.id(id), change))
        #expect(error(ledger.apply(.delete(.id(id), ledger.newID())))?.message.contains("--no-protect") == true)
        var expiry = Command.Update()
        expiry.expiry = .after(Milliseconds(seconds: 5))
        #expect(error(ledger.apply(.update(.id(id), expiry)))?.code == .invalid)
        change.protected = false
        _ = ledger.apply(.update(.id(id), change))
        #expect(error(ledger.apply(.delete(.id(id), ledger.newID()))) == nil)
    }

    @Test("an instance that expires is warned of once, ten minutes before, then deleted; a longer life is warned of anew")
    func expiry() throws {
        var ledger = PlayedLedger()
        ledger.join(1)
        ledger.launch("try")
        let id = try #require(ledger.record("try")).id
        var change = Command.Update()
        change.expiry = .after(Milliseconds(seconds: 3600))
        _ = ledger.apply(.update(.id(id), change))
        #expect(ledger.state.expiries(at: ledger.now) == [])
        #expect(events(ledger.apply(.expire(id, ledger.newID()))) == [])
        ledger.now = ledger.now.advanced(by: Milliseconds(seconds: 3100))
        #expect(ledger.state.expiries(at: ledger.now) == [id])
        #expect(events(ledger.apply(.expire(id, ledger.newID()))) == ["InstanceExpiring"])
        #expect(ledger.state.expiries(at: ledger.now) == [])
        #expect(events(ledger.apply(.expire(id, ledger.newID()))) == [])
        _ = ledger.apply(.update(.id(id), change))
        #expect(ledger.state.expiries(at: ledger.now) == [])
        ledger.now = ledger.now.advanced(by: Milliseconds(seconds: 3601))
        #expect(ledger.state.expiries(at: ledger.now) == [id])
        #expect(events(ledger.apply(.expire(id, ledger.newID()))) == ["InstanceExpired"])
        #expect(ledger.record("try")?.instance.spec.desired == .deleted)
        #expect(ledger.state.expiries(at: ledger.now) == [])
    }
}
