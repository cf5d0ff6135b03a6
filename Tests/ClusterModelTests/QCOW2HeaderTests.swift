import ClusterModel
import Testing

@Suite("the qcow2 header")
struct QCOW2HeaderTests {
    /// A whole and empty image of version 3: header, table of reference counts, their block, the first table.
    private static let good: [UInt8] = {
        var bytes = [UInt8](repeating: 0, count: 65536)
        func put(_ value: UInt64, _ count: Int, _ offset: Int) {
            for index in 0..<count { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - index))) }
        }
        put(0x5146_49FB, 4, 0)
        put(3, 4, 4)
        put(16, 4, 20)
        put(3 << 30, 8, 24)
        put(6, 4, 36)
        put(3 << 16, 8, 40)
        put(1 << 16, 8, 48)
        put(1, 4, 56)
        put(4, 4, 96)
        put(104, 4, 100)
        return bytes
    }()
    private static let length: Int64 = 4 << 16

    private func refusal(_ change: (inout [UInt8]) -> Void, length: Int64 = length, limit: Int64 = 1 << 40) -> QCOW2Header.Refusal? {
        var bytes = Self.good
        change(&bytes)
        do throws(QCOW2Header.Refusal) {
            _ = try QCOW2Header(bytes, fileBytes: length, limit: limit)
            return nil
        } catch { return error }
    }

    @Test("a whole image is taken, with its size")
    func whole() throws {
        let header = try QCOW2Header(Self.good, fileBytes: Self.length, limit: 3 << 30)
        #expect(header.virtualBytes == 3 << 30)
        #expect(header.version == 3)
        #expect(header.clusterBits == 16)
    }

    @Test("whatever would lead a tool out of the file is refused by name")
    func refusals() {
        #expect(refusal { $0[0] = 0 } == .notQCOW2)
        #expect(refusal { $0 = Array($0.prefix(3)) } == .notQCOW2)
        #expect(refusal { $0 = Array($0.prefix(100)) } == .cutShort)
        #expect(refusal({ _ in }, length: 90) == .cutShort)
        #expect(refusal { $0[7] = 1 } == .version(1))
        #expect(refusal { $0[7] = 4 } == .version(4))
        #expect(refusal { $0[15] = 1 } == .backingFile)
        #expect(refusal { $0[19] = 5 } == .backingFile)
        #expect(refusal { $0[35] = 2 } == .encrypted)
        #expect(refusal { $0[63] = 2 } == .snapshots(2))
        #expect(refusal { $0[79] = 1 } == .dirty)
        #expect(refusal { $0[79] = 2 } == .corrupt)
        #expect(refusal { $0[79] = 4 } == .externalDataFile)
        #expect(refusal { $0[79] = 0x20 } == .unknownFeatures(0x20))
        #expect(refusal { $0[72] = 0x80 } == .unknownFeatures(1 << 63))
        #expect(refusal { $0[99] = 7 } == .referenceCounts(order: 7))
        #expect(refusal { $0[23] = 8 } == .clusterSize(bits: 8))
        #expect(refusal { $0[20] = 0xFF } == .clusterSize(bits: 0xFF00_0010))
        #expect(refusal { $0[103] = 96 } == .headerLength(96))
        #expect(refusal { $0[103] = 105 } == .headerLength(105))
        #expect(refusal { $0[100] = 0xFF } == .headerLength(0xFF00_0068))
    }

    @Test("sizes and tables are held to the file and to the limit, and no sum overflows")
    func bounds() {
        #expect(refusal({ _ in }, limit: (3 << 30) - 1) == .virtualSize(3 << 30, limit: (3 << 30) - 1))
        #expect(refusal { $0.replaceSubrange(24..<32, with: [UInt8](repeating: 0, count: 8)) } == .virtualSize(0, limit: 1 << 40))
        #expect(refusal { $0.replaceSubrange(24..<32, with: [UInt8](repeating: 0xFF, count: 8)) } == .virtualSize(.max, limit: 1 << 40))
        #expect(refusal({ $0.replaceSubrange(24..<32, with: [0x7F] + [UInt8](repeating: 0xFF, count: 7)) }, limit: .max) == .firstTable)
        #expect(refusal { $0[39] = 5 } == .firstTable)
        #expect(refusal { $0[36] = 0xFF } == .firstTable)
        #expect(refusal { $0[45] = 0 } == .firstTable)
        #expect(refusal { $0[47] = 8 } == .firstTable)
        #expect(refusal { $0.replaceSubrange(40..<48, with: [UInt8](repeating: 0xFF, count: 6) + [0, 0]) } == .firstTable)
        #expect(refusal({ _ in }, length: 3 << 16) == .firstTable)
        #expect(refusal { $0[53] = 0 } == .referenceTable)
        #expect(refusal { $0[53] = 0xFF } == .referenceTable)
        #expect(refusal { $0[59] = 0 } == .referenceTable)
        #expect(refusal { $0[56] = 0xFF } == .referenceTable)
        // Twice as long entries halve what a table covers.
        #expect(refusal { $0[79] = 0x10 } == .firstTable)
        #expect(
            refusal {
                $0[79] = 0x10
                $0[39] = 12
            } == nil)
    }

    @Test("extensions may say what they like within the first cluster, but neither name a file nor a key")
    func extensions() {
        func ext(_ kind: [UInt8], length: [UInt8] = [0, 0, 0, 8], at place: Int = 104) -> (inout [UInt8]) -> Void {
            { $0.replaceSubrange(place..<place + 8, with: kind + length) }
        }
        #expect(refusal(ext([0xE2, 0x79, 0x2A, 0xCA])) == nil)
        #expect(refusal(ext([0x44, 0x41, 0x54, 0x41])) == .externalDataFile)
        #expect(refusal(ext([0x05, 0x37, 0xBE, 0x77])) == .encrypted)
        #expect(refusal(ext([1, 2, 3, 4], length: [0xFF, 0xFF, 0xFF, 0xFF])) == .extensions)
        #expect(refusal(ext([1, 2, 3, 4], length: [0, 1, 0, 0])) == .extensions)
        // Behind another one, and of a length that is padded.
        let second = refusal {
            ext([1, 2, 3, 4], length: [0, 0, 0, 3])(&$0)
            ext([0x44, 0x41, 0x54, 0x41], at: 120)(&$0)
        }
        #expect(second == .externalDataFile)
    }

    @Test("compression is zlib or zstd")
    func compression() {
        func compressed(_ kind: UInt8, length: UInt8 = 112) -> (inout [UInt8]) -> Void {
            {
                $0[79] = 8
                $0[103] = length
                $0[104] = kind
            }
        }
        #expect(refusal(compressed(0)) == nil)
        #expect(refusal(compressed(1)) == nil)
        #expect(refusal(compressed(2)) == .unknownCompression(2))
        #expect(refusal(compressed(0, length: 104)) == .headerLength(104))
    }

    @Test("version 2 has no features, and nothing after its 72 bytes is believed to be one")
    func older() {
        #expect(refusal { $0[7] = 2 } == nil)
        let dataFile: ArraySlice<UInt8> = [0x44, 0x41, 0x54, 0x41, 0, 0, 0, 1]
        let named = refusal {
            $0[7] = 2
            $0.replaceSubrange(72..<80, with: dataFile)
        }
        #expect(named == .externalDataFile)
    }

    @Test("any bytes at all are refused or taken, and trap nothing", arguments: 0..<8)
    func anyBytes(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        for _ in 0..<2000 {
            var bytes = Array(Self.good.prefix(Int(next() % 400)))
            for _ in 0..<next() % 12 where !bytes.isEmpty { bytes[Int(next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: next()) }
            let length = next() % 3 == 0 ? Int64(truncatingIfNeeded: next()) : Self.length
            _ = try? QCOW2Header(bytes, fileBytes: length, limit: .max)
        }
    }
}
