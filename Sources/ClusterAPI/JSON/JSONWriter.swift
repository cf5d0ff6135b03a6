import ClusterModel
import FoundationEssentials

/// What a launch makes the controller write many times is written by hand: Foundation's encoder builds a tree first and took half of the
/// controller's time. Everything else goes through Foundation. A test holds the two against each other.
package protocol JSONWritten {
    func write(to text: inout JSONWriter)
}

/// JSON as it grows.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init(capacity: Int = 1024) { bytes.reserveCapacity(capacity) }

    package static func data(_ value: some JSONWritten, capacity: Int = 1024) -> Data {
        var text = JSONWriter(capacity: capacity)
        value.write(to: &text)
        return Data(text.bytes)
    }

    package mutating func object(_ fields: (inout JSONWriter) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        fields(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    package mutating func list(_ elements: some Sequence<some JSONWritten>) {
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        for element in elements {
            if needsComma { bytes.append(UInt8(ascii: ",")) }
            element.write(to: &self)
            needsComma = true
        }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    package mutating func field(_ name: StaticString, _ value: some JSONWritten) {
        key(name)
        value.write(to: &self)
        needsComma = true
    }

    /// Nil is left out.
    package mutating func field(_ name: StaticString, _ value: (some JSONWritten)?) {
        if let value { field(name, value) }
    }

    package mutating func key(_ name: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func key(_ name: String) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func integer(_ number: Int64) {
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
        needsComma = true
    }

    package mutating func bool(_ value: Bool) {
        bytes.append(contentsOf: value ? [0x74, 0x72, 0x75, 0x65] : [0x66, 0x61, 0x6C, 0x73, 0x65])
        needsComma = true
    }

    package mutating func string(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        var value = value
        value.withUTF8 { utf8 in
            if utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) { bytes.append(contentsOf: utf8) } else { escape(utf8) }
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// RFC 8259, section 7.
    private mutating func escape(_ utf8: UnsafeBufferPointer<UInt8>) {
        let digits = Array("0123456789abcdef".utf8)
        for byte in utf8 {
            switch byte {
            case 0x22, 0x5C: bytes.append(contentsOf: [0x5C, byte])
            case 0..<0x20: bytes.append(contentsOf: [0x5C, 0x75, 0x30, 0x30, digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            default: bytes.append(byte)
            }
        }
    }

    /// Text of which every byte is known to need no escape.
    package mutating func plain(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    package mutating func uuid(_ uuid: UUID) {
        let digits: StaticString = "0123456789abcdef"
        bytes.append(UInt8(ascii: "\""))
        withUnsafeBytes(of: uuid.uuid) { raw in
            for (index, byte) in raw.enumerated() {
                if index == 4 || index == 6 || index == 8 || index == 10 { bytes.append(UInt8(ascii: "-")) }
                bytes.append(digits.utf8Start[Int(byte >> 4)])
                bytes.append(digits.utf8Start[Int(byte & 15)])
            }
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// By Foundation, for what is rare. Nothing that comes here holds a number that JSON does not know, so that it can't fail.
    package mutating func foreign(_ value: some Encodable) {
        let encoded = try? JSONEncoder().encode(value)
        bytes.append(contentsOf: encoded ?? Data("null".utf8))
        needsComma = true
    }
}
