import ClusterModel
import FoundationEssentials

/// Reads the bodies that come thousands of times a second, without Foundation's tree of containers. It takes the plain form in which our own
/// programs write and throws `Unusual` at everything else; the caller then asks Foundation, which reads it or says what is wrong.
/// It never recurses, so a deep body is unusual too.
package struct JSONReader {
    package struct Unusual: Error { package init() {} }

    private let bytes: UnsafeRawBufferPointer
    private var place = 0

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Nil where Foundation must be asked.
    package static func read<Value>(_ data: Data, _ body: (inout JSONReader) throws(Unusual) -> Value) -> Value? {
        data.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes: bytes)
            guard let value = try? body(&reader) else { return nil }
            reader.skipSpace()
            return reader.place == bytes.count ? value : nil
        }
    }

    // MARK: Structure

    package mutating func object(_ member: (String, inout JSONReader) throws(Unusual) -> Void) throws(Unusual) {
        try expect("{")
        if take("}") { return }
        repeat {
            let name = try text()
            try expect(":")
            try member(name, &self)
        } while take(",")
        try expect("}")
    }

    package mutating func list<Element>(_ element: (inout JSONReader) throws(Unusual) -> Element) throws(Unusual) -> [Element] {
        try expect("[")
        var elements: [Element] = []
        if take("]") { return elements }
        repeat { elements.append(try element(&self)) } while take(",")
        try expect("]")
        return elements
    }

    /// A member that comes twice is unusual.
    package func put<Value>(_ value: Value, into slot: inout Value?) throws(Unusual) {
        guard slot == nil else { throw Unusual() }
        slot = value
    }

    /// What a required member is read into.
    package func required<Value>(_ value: Value?) throws(Unusual) -> Value {
        guard let value else { throw Unusual() }
        return value
    }

    package mutating func takesNull() -> Bool {
        skipSpace()
        guard bytes.count - place >= 4, bytes[place] == 0x6E, bytes[place + 1] == 0x75, bytes[place + 2] == 0x6C, bytes[place + 3] == 0x6C else {
            return false
        }
        place += 4
        return true
    }

    // MARK: Values

    package mutating func text() throws(Unusual) -> String {
        try expect("\"")
        let start = place
        while place < bytes.count {
            let byte = bytes[place]
            if byte == 0x22 {
                defer { place += 1 }
                guard let text = String(validating: UnsafeRawBufferPointer(rebasing: bytes[start..<place]), as: UTF8.self) else { throw Unusual() }
                return text
            }
            guard byte >= 0x20 else { throw Unusual() }
            guard byte != 0x5C else { return try escapedText(from: start) }
            place += 1
        }
        throw Unusual()
    }

    /// Only the escapes of one letter.
    private mutating func escapedText(from start: Int) throws(Unusual) -> String {
        var plain = Array(bytes[start..<place])
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            switch byte {
            case 0x22:
                guard let text = String(validating: plain, as: UTF8.self) else { throw Unusual() }
                return text
            case 0x5C:
                guard place < bytes.count else { throw Unusual() }
                switch bytes[place] {
                case 0x22, 0x5C, 0x2F: plain.append(bytes[place])
                case UInt8(ascii: "n"): plain.append(0x0A)
                case UInt8(ascii: "t"): plain.append(0x09)
                case UInt8(ascii: "r"): plain.append(0x0D)
                default: throw Unusual()
                }
                place += 1
            case 0..<0x20: throw Unusual()
            default: plain.append(byte)
            }
        }
        throw Unusual()
    }

    /// At most eighteen digits, which can't overflow.
    package mutating func integer() throws(Unusual) -> Int64 {
        skipSpace()
        let isNegative = place < bytes.count && bytes[place] == 0x2D
        if isNegative { place += 1 }
        let start = place
        var number: Int64 = 0
        while place < bytes.count, bytes[place] >= 0x30, bytes[place] <= 0x39, place - start < 18 {
            number = number * 10 + Int64(bytes[place] - 0x30)
            place += 1
        }
        let isPadded = place - start > 1 && bytes[start] == 0x30
        guard place > start, !isPadded, place < bytes.count else { throw Unusual() }
        switch bytes[place] {
        case 0x2C, 0x5D, 0x7D, 0x20, 0x0A, 0x0D, 0x09: return isNegative ? -number : number
        default: throw Unusual()
        }
    }

    package mutating func bool() throws(Unusual) -> Bool {
        skipSpace()
        for (word, value) in [("true" as StaticString, true), ("false", false)] where bytes.count - place >= word.utf8CodeUnitCount {
            guard (0..<word.utf8CodeUnitCount).allSatisfy({ bytes[place + $0] == word.utf8Start[$0] }) else { continue }
            place += word.utf8CodeUnitCount
            return value
        }
        throw Unusual()
    }

    package mutating func uuid() throws(Unusual) -> UUID {
        try expect("\"")
        guard bytes.count - place > 36, bytes[place + 36] == 0x22 else { throw Unusual() }
        var uuid: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        var isWhole = true
        withUnsafeMutableBytes(of: &uuid) { target in
            var from = place
            for index in 0..<16 {
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    isWhole = isWhole && bytes[from] == 0x2D
                    from += 1
                }
                guard let high = Self.digit(bytes[from]), let low = Self.digit(bytes[from + 1]) else {
                    isWhole = false
                    return
                }
                target[index] = high << 4 | low
                from += 2
            }
        }
        guard isWhole else { throw Unusual() }
        place += 37
        return UUID(uuid: uuid)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x61...0x66: byte - 0x61 + 10
        case 0x41...0x46: byte - 0x41 + 10
        default: nil
        }
    }

    // MARK: Bytes

    private mutating func skipSpace() {
        while place < bytes.count, bytes[place] == 0x20 || bytes[place] == 0x0A || bytes[place] == 0x0D || bytes[place] == 0x09 { place += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(Unusual) {
        guard take(character) else { throw Unusual() }
    }
}
