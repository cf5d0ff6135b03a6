import ClusterAPI
import FoundationEssentials
import Testing

struct ServerSentEventTests {
    private let stream = Data(
        "\u{FEFF}: hello\nid: 7\nevent: put\ndata: {\"a\":\ndata:1}\n\nevent: nothing\n\r\ndata: x\r\nretry: 5\r\n\r\nid\rdata:  y\r\rdata: cut".utf8)

    private let expected = [
        ServerSentEvent(name: "put", data: "{\"a\":\n1}", id: "7"),
        ServerSentEvent(name: "message", data: "x", id: "7"),
        ServerSentEvent(name: "message", data: " y", id: ""),
    ]

    @Test("events are the same however the stream is broken into pieces", arguments: [1, 2, 3, 7, 1000])
    func pieces(size: Int) throws {
        var parser = ServerSentEventParser()
        var events: [ServerSentEvent] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            events += try parser.parse(stream[start..<min(start + size, stream.count)])
        }
        #expect(events == expected)
    }

    @Test("bytes that are not UTF-8 are replaced and stop nothing")
    func invalidText() throws {
        var parser = ServerSentEventParser()
        #expect(try parser.parse([0x64, 0x61, 0x74, 0x61, 0x3A, 0xFF, 0x0A, 0x0A]).map(\.data) == ["\u{FFFD}"])
    }

    @Test("an event without an end is refused before it fills the memory")
    func tooLarge() throws {
        var parser = ServerSentEventParser(limit: 1000)
        #expect(throws: ServerSentEventParser.TooLarge.self) { _ = try parser.parse(repeatElement(UInt8(0x61), count: 1001)) }
    }
}
