import ClusterAPI

/// JSON as people read it: two blanks a level, `"key": value`, nothing spread out that is empty.
package enum JSONText {
    package static func pretty(_ value: some Encodable) throws -> String { pretty(compact: Array(try WireJSON.encode(value))) }

    /// `compact` is valid JSON without blanks between its parts.
    package static func pretty(compact: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(compact.count * 2)
        var depth = 0
        var inString = false
        var escaped = false
        func newLine() {
            text.append(0x0A)
            text.append(contentsOf: repeatElement(0x20, count: 2 * depth))
        }
        for (index, byte) in compact.enumerated() {
            if inString {
                text.append(byte)
                if escaped { escaped = false } else if byte == 0x5C { escaped = true } else if byte == 0x22 { inString = false }
                continue
            }
            let next = index + 1 < compact.count ? compact[index + 1] : 0
            let last = index > 0 ? compact[index - 1] : 0
            switch byte {
            case 0x22:
                inString = true
                text.append(byte)
            case 0x7B, 0x5B:
                text.append(byte)
                depth += 1
                if next != 0x7D, next != 0x5D { newLine() }
            case 0x7D, 0x5D:
                depth = max(0, depth - 1)
                if last != 0x7B, last != 0x5B { newLine() }
                text.append(byte)
            case 0x2C:
                text.append(byte)
                newLine()
            case 0x3A: text += [0x3A, 0x20]
            default: text.append(byte)
            }
        }
        return String(decoding: text, as: UTF8.self) + "\n"
    }
}
