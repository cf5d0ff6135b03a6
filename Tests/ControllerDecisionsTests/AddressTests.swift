import ClusterModel
import ControllerDecisions
import Placement
import Testing

@Suite("addresses of guests")
struct AddressTests {
    static let small = try? IPv4Range("10.100.1.0/29")
    static let large = try? IPv4Range("10.100.2.0/24")

    static func join(_ ledger: inout PlayedLedger, _ number: UInt64, cpus: Int64 = 64, range: IPv4Range?) -> NodeID {
        let id: NodeID = PlayedLedger.identifier(2_000_000 + number)
        let registration = PlayedLedger.registration("n\(number)", cpus: cpus, memory: 65536, range: range)
        ledger.apply(.report(.init(node: id, registration: registration, full: false, observed: [])))
        return id
    }

    static func addresses(_ ledger: PlayedLedger) -> [IPv4Address] {
        ledger.state.instances.values.compactMap { $0.value.instance.placement?.network?.address }.sorted()
    }

    @Test("every instance of a node has an address of its own in the node's range, which its node is told")
    func unique() throws {
        var ledger = PlayedLedger()
        let range = try #require(Self.large)
        let node = Self.join(&ledger, 1, range: range)
        ledger.launch("web", count: 50)
        let addresses = Self.addresses(ledger)
        #expect(Set(addresses).count == 50)
        #expect(addresses.allSatisfy(range.holds))
        #expect(!addresses.contains(range.gateway))
        let told = ledger.state.desiredSet(of: node, seen: 0).instances.compactMap(\.network)
        #expect(told.map(\.address).sorted() == addresses)
        #expect(told.allSatisfy { $0.gateway == range.gateway && $0.prefix == 24 })
    }

    @Test("a node whose range is full refuses by name, and takes again when an address is free")
    func full() throws {
        var ledger = PlayedLedger()
        let range = try #require(Self.small)
        let node = Self.join(&ledger, 1, range: range)
        ledger.launch("web", count: range.guests.count)
        #expect(Self.addresses(ledger).count == 5)
        let refused = ledger.launch("more")
        guard case .failure(let error) = refused.result else {
            Issue.record("a sixth address was given")
            return
        }
        #expect(error.code == .noCapacity)
        #expect(error.noPlacement?.counts.map(\.reason) == ["no-address"])
        #expect(error.explanation?.nodes.first?.refusals.contains(.noAddress) == true)
        ledger.launch("waits", queue: true)
        #expect(ledger.record("waits")?.instance.placement == nil)
        let gone = try #require(ledger.record("web-3"))
        let address = gone.instance.placement?.network?.address
        ledger.apply(.delete(.id(gone.id), ledger.newID()))
        #expect(ledger.record("waits")?.instance.placement == nil)
        ledger.report("web-3", .absent)
        ledger.settle()
        #expect(ledger.record("waits")?.instance.placement?.node == node)
        #expect(ledger.record("waits")?.instance.placement?.network?.address == address)
    }

    @Test("addresses are the same after a restart, and none is given twice")
    func restart() throws {
        var ledger = PlayedLedger()
        _ = Self.join(&ledger, 1, range: Self.small)
        ledger.launch("web", count: 4)
        let before = Self.addresses(ledger)
        ledger.restart()
        #expect(Self.addresses(ledger) == before)
        ledger.launch("last")
        #expect(Set(Self.addresses(ledger)).count == 5)
        #expect(ledger.state.engine.nodes.first?.admission == .noAddress)
        ledger.restart()
        #expect(ledger.state.engine.nodes.first?.admission == .noAddress)
    }

    @Test("what was taken back leaves no address behind")
    func undone() throws {
        var ledger = PlayedLedger()
        _ = Self.join(&ledger, 1, range: Self.small)
        for _ in 0..<3 {
            let before = LedgerImage(ledger.state)
            let outcome = ledger.launch("web", count: 5)
            #expect(Self.addresses(ledger).count == 5)
            ledger.state.undo(outcome.effects, to: before.revision)
            #expect(LedgerImage(ledger.state) == before)
        }
        ledger.launch("web", count: 5)
        #expect(Set(Self.addresses(ledger)).count == 5)
    }

    @Test("a node of another range gives its instances addresses from it")
    func changed() throws {
        var ledger = PlayedLedger()
        _ = Self.join(&ledger, 1, range: Self.small)
        ledger.launch("web", count: 3)
        let generation = try #require(ledger.record("web-1")).instance.generation
        let range = try #require(Self.large)
        _ = Self.join(&ledger, 1, range: range)
        #expect(Self.addresses(ledger).count == 3)
        #expect(Self.addresses(ledger).allSatisfy(range.holds))
        #expect(ledger.record("web-1")?.instance.generation == generation + 1)
        _ = Self.join(&ledger, 1, range: nil)
        #expect(Self.addresses(ledger).isEmpty)
    }
}
