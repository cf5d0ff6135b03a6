import ClusterModel

extension String: JSONWritten {
    package func write(to text: inout JSONWriter) { text.string(self) }
}

extension Int64: JSONWritten {
    package func write(to text: inout JSONWriter) { text.integer(self) }
}

extension Int: JSONWritten {
    package func write(to text: inout JSONWriter) { text.integer(Int64(self)) }
}

extension Int32: JSONWritten {
    package func write(to text: inout JSONWriter) { text.integer(Int64(self)) }
}

extension Bool: JSONWritten {
    package func write(to text: inout JSONWriter) { text.bool(self) }
}

extension Array: JSONWritten where Element: JSONWritten {
    package func write(to text: inout JSONWriter) { text.list(self) }
}

extension Name: JSONWritten {
    package func write(to text: inout JSONWriter) { text.plain(self.text) }
}

extension ID: JSONWritten {
    package func write(to text: inout JSONWriter) { text.uuid(rawValue) }
}

extension Timestamp: JSONWritten {
    package func write(to text: inout JSONWriter) { text.plain(description) }
}

extension Digest: JSONWritten {
    package func write(to text: inout JSONWriter) { text.plain(hex) }
}

extension Label: JSONWritten {
    package func write(to text: inout JSONWriter) { text.plain(description) }
}

extension Labels: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            for label in all {
                object.key(label.key)
                object.plain(label.value)
            }
        }
    }
}

extension Milliseconds: JSONWritten {
    package func write(to text: inout JSONWriter) { text.integer(count) }
}

extension Epoch: JSONWritten {
    package func write(to text: inout JSONWriter) { text.integer(number) }
}

extension Resources: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("milliCPU", cpu.count)
            object.field("memoryMiB", memory.count)
            object.field("diskMiB", disk.count)
            if !devices.isEmpty { object.field("devices", devices) }
        }
    }
}

extension Resources.DeviceCount: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("name", name)
            object.field("count", count)
        }
    }
}

extension ImageReference: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("name", name)
            object.field("digest", digest)
            object.field("format", format.rawValue)
            object.field("bytes", bytes)
        }
    }
}
