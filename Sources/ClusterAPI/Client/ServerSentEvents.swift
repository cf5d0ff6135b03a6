import FoundationEssentials

/// One event of `text/event-stream`.
package struct ServerSentEvent: Hashable, Sendable {
    /// "message" where the stream names none.
    package var name: String
    package var data: String
    /// The last id that the stream gave, with this event or before; empty when it gave none.
    package var id: String
    package init(name: String, data: String, id: String) {
        self.name = name
        self.data = data
        self.id = id
    }
}

/// Cuts a byte stream into events, wherever it is broken into pieces; the rules are those of the HTML standard, section 9.2.6.
package struct ServerSentEventParser {
    package struct TooLarge: Error, Hashable, CustomStringConvertible {
        package let limit: Int
        package var description: String { "an event of the controller is larger than \(limit) bytes" }
    }

    private let limit: Int
    private var line: [UInt8] = []
    private var afterReturn = false
    private var first = true
    private var name = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var id = ""

    /// `limit` bounds one event, so that a broken stream does not fill the memory.
    package init(limit: Int = 16 << 20) { self.limit = limit }

    package mutating func parse(_ bytes: some Sequence<UInt8>) throws(TooLarge) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            // "\r\n" ends one line, not two.
            if byte == 0x0A, afterReturn {
                afterReturn = false
                continue
            }
            afterReturn = byte == 0x0D
            guard byte == 0x0A || byte == 0x0D else {
                guard line.count + data.count < limit else { throw TooLarge(limit: limit) }
                line.append(byte)
                continue
            }
            if let event = endLine() { events.append(event) }
        }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if first {
            first = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        guard !line.isEmpty else { return dispatch() }
        let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == 0x20 { value.removeFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "event": name = String(decoding: value, as: UTF8.self)
        case "data":
            if hasData { data.append(0x0A) }
            hasData = true
            data += value
        case "id": if !value.contains(0) { id = String(decoding: value, as: UTF8.self) }
        default: break
        }
        return nil
    }

    private mutating func dispatch() -> ServerSentEvent? {
        defer { (name, data, hasData) = ("", [], false) }
        guard hasData else { return nil }
        return ServerSentEvent(name: name.isEmpty ? "message" : name, data: String(decoding: data, as: UTF8.self), id: id)
    }
}
