import ClusterModel
import FoundationEssentials

/// What is read by hand; a test holds it against what Foundation reads.
package protocol JSONRead {
    init(from json: inout JSONReader) throws(JSONReader.Unusual)
}

extension JSONRead {
    /// Nil where Foundation must be asked.
    package init?(json data: Data) {
        guard let value = JSONReader.read(data, { json throws(JSONReader.Unusual) in try Self(from: &json) }) else { return nil }
        self = value
    }
}

extension JSONReader {
    package mutating func value<Value: JSONRead>(_ type: Value.Type = Value.self) throws(Unusual) -> Value { try Value(from: &self) }

    package mutating func value<Value: JSONRead>(into slot: inout Value?) throws(Unusual) {
        guard slot == nil else { throw Unusual() }
        slot = try Value(from: &self)
    }

    /// Null is the same as nothing.
    package mutating func optional<Value: JSONRead>(into slot: inout Value?) throws(Unusual) {
        if takesNull() { return }
        try value(into: &slot)
    }

    package mutating func word<Word: RawRepresentable<String>>(_ type: Word.Type = Word.self) throws(Unusual) -> Word {
        guard let word = Word(rawValue: try text()) else { throw Unusual() }
        return word
    }
}

extension String: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) { self = try json.text() }
}

extension Int64: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) { self = try json.integer() }
}

extension Int: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) { self = Int(try json.integer()) }
}

extension Int32: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        guard let number = Int32(exactly: try json.integer()) else { throw JSONReader.Unusual() }
        self = number
    }
}

extension Bool: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) { self = try json.bool() }
}

extension Array: JSONRead where Element: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        self = try json.list { json throws(JSONReader.Unusual) in try Element(from: &json) }
    }
}

extension Name: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        guard let name = try? Name(try json.text()) else { throw JSONReader.Unusual() }
        self = name
    }
}

extension ID: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) { self.init(try json.uuid()) }
}

extension Epoch: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) { self.init(try json.integer()) }
}

extension Milliseconds: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) { self.init(try json.integer()) }
}

extension Digest: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        guard let digest = Digest(hex: try json.text()) else { throw JSONReader.Unusual() }
        self = digest
    }
}

extension Resources: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var cpu: Int64?
        var memory: Int64?
        var disk: Int64?
        var devices: [DeviceCount]?
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "milliCPU": try json.value(into: &cpu)
            case "memoryMiB": try json.value(into: &memory)
            case "diskMiB": try json.value(into: &disk)
            case "devices": try json.value(into: &devices)
            default: throw JSONReader.Unusual()
            }
        }
        self.init(
            cpu: MilliCPU(try json.required(cpu)), memory: MiB(try json.required(memory)), disk: MiB(try json.required(disk)),
            devices: devices ?? [])
    }
}

extension Resources.DeviceCount: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var device: Name?
        var count: Int64?
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "name": try json.value(into: &device)
            case "count": try json.value(into: &count)
            default: throw JSONReader.Unusual()
            }
        }
        self.init(name: try json.required(device), count: try json.required(count))
    }
}
