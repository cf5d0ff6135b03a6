import CageDecisions
import Testing

@Suite("the lease's record")
struct LeaseRecordTests {
    static let boot = BootID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
    static let record = LeaseRecord(boot: boot, deadline: 5_000_000_000, sequence: 7)

    @Test("what is written is read back")
    func roundTrip() {
        #expect(Self.record.bytes.count == LeaseRecord.size)
        #expect(LeaseRecord(Self.record.bytes) == Self.record)
    }

    @Test("a record with any byte changed, cut short or drawn out is no record", arguments: 0..<LeaseRecord.size)
    func torn(at place: Int) {
        var bytes = Self.record.bytes
        bytes[place] ^= 0x40
        #expect(LeaseRecord(bytes) == nil)
        #expect(LeaseRecord(Array(Self.record.bytes.prefix(place))) == nil)
        #expect(LeaseRecord(Self.record.bytes + [0]) == nil)
    }

    @Test("halves of two records make none", arguments: 25..<LeaseRecord.size)
    func halves(at cut: Int) {
        let next = LeaseRecord(boot: Self.boot, deadline: 0x0102_0304_0506_0708, sequence: 0x1112_1314_1516_1718).bytes
        #expect(LeaseRecord(Array(next[..<cut] + Self.record.bytes[cut...])) == nil)
    }

    @Test("a boot's id is read as the kernel writes it, and nothing else is one")
    func boots() {
        #expect(BootID("01234567-89ab-cdef-fedc-ba9876543210") == Self.boot)
        for text in ["", "01234567-89ab-cdef-fedc-ba987654321", "01234567-89ab-cdef-fedc-ba98765432100", "g1234567-89ab-cdef-fedc-ba9876543210"] {
            #expect(BootID(text) == nil)
        }
    }
}
