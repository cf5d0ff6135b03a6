import ClusterModel

extension String: JSONWritten {
    func write(to text: inout JSONText) { text.string(self) }
}

extension Int64: JSONWritten {
    func write(to text: inout JSONText) { text.integer(self) }
}

extension Int: JSONWritten {
    func write(to text: inout JSONText) { text.integer(Int64(self)) }
}

extension Int32: JSONWritten {
    func write(to text: inout JSONText) { text.integer(Int64(self)) }
}

extension Bool: JSONWritten {
    func write(to text: inout JSONText) { text.bool(self) }
}

extension Array: JSONWritten where Element: JSONWritten {
    func write(to text: inout JSONText) { text.list(self) }
}

extension Name: JSONWritten {
    func write(to text: inout JSONText) { text.plain(self.text) }
}

extension ID: JSONWritten {
    func write(to text: inout JSONText) { text.uuid(rawValue) }
}

extension Timestamp: JSONWritten {
    func write(to text: inout JSONText) { text.plain(description) }
}

extension Digest: JSONWritten {
    func write(to text: inout JSONText) { text.plain(hex) }
}

extension Label: JSONWritten {
    func write(to text: inout JSONText) { text.plain(description) }
}

extension Labels: JSONWritten {
    func write(to text: inout JSONText) {
        text.object { object in
            for label in all {
                object.key(label.key)
                object.plain(label.value)
            }
        }
    }
}

extension Milliseconds: JSONWritten {
    func write(to text: inout JSONText) { text.integer(count) }
}

extension Epoch: JSONWritten {
    func write(to text: inout JSONText) { text.integer(number) }
}

extension Resources: JSONWritten {
    func write(to text: inout JSONText) {
        text.object { object in
            object.field("milliCPU", cpu.count)
            object.field("memoryMiB", memory.count)
            object.field("diskMiB", disk.count)
            if !devices.isEmpty { object.field("devices", devices) }
        }
    }
}

extension Resources.DeviceCount: JSONWritten {
    func write(to text: inout JSONText) {
        text.object { object in
            object.field("name", name)
            object.field("count", count)
        }
    }
}

extension ImageReference: JSONWritten {
    func write(to text: inout JSONText) {
        text.object { object in
            object.field("name", name)
            object.field("digest", digest)
            object.field("format", format.rawValue)
            object.field("bytes", bytes)
        }
    }
}
