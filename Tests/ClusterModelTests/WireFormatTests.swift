import ClusterModel
import Foundation
import Testing

/// The domain value is the wire value, so these files are the promise of `/v1`: a change here breaks clients.
@Suite("the wire format")
struct WireFormatTests {
    static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return encoder
    }()

    static func golden(_ name: String) throws -> String {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name).json")
        return try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    func check<Value: Codable & Equatable>(_ value: Value, _ name: String) throws {
        let text = String(decoding: try Self.encoder.encode(value), as: UTF8.self)
        let expected = try Self.golden(name)
        #expect(text == expected, "the encoding of \(name) changed:\n\(text)")
        #expect(try JSONDecoder().decode(Value.self, from: Data(expected.utf8)) == value)
    }

    @Test("an instance keeps its shape") func instance() throws { try check(Sample.instance(), "instance") }
    @Test("a node keeps its shape") func node() throws { try check(Sample.node(), "node") }
    @Test("an image keeps its shape") func image() throws { try check(Sample.image(), "image") }
    @Test("an operation keeps its shape") func operation() throws { try check(Sample.operation(), "operation") }
    @Test("events of every subject keep their shape") func events() throws { try check(Sample.events(), "events") }
    @Test("an explanation with every refusal keeps its shape") func explanation() throws { try check(Sample.explanation(), "explanation") }
    @Test("a volume and a snapshot keep their shape") func disks() throws {
        try check(Sample.volume(), "volume")
        try check(Sample.snapshot(), "snapshot")
    }
    @Test("a sync keeps its shape, both ways") func sync() throws {
        try check(Sample.syncRequest(), "sync-request")
        try check(Sample.syncAnswer(), "sync-answer")
    }

    @Test("a timestamp survives the wire to the millisecond", arguments: [0, 1, 999, 1_795_385_912_123, 253_402_300_799_999] as [Int64])
    func timestamps(milliseconds: Int64) throws {
        let timestamp = Timestamp(milliseconds: milliseconds)
        let json = try JSONEncoder().encode([timestamp])
        #expect(try JSONDecoder().decode([Timestamp].self, from: json) == [timestamp])
    }

    @Test("each error code has an HTTP status of the error classes")
    func codes() {
        for code in ErrorBody.Code.allCases { #expect((400...599).contains(code.httpStatus), "\(code)") }
    }
}
