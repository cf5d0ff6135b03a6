import ClusterModel
import FoundationEssentials

extension Page: JSONWritten where Item: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("items", items)
            object.field("revision", revision)
            object.field("continue", self.continue)
        }
    }
}

extension InstanceAnswer: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("instance", instance)
            object.field("operation", operation)
        }
    }
}

/// A list that most often is empty and else is left to Foundation.
package struct Foreign<Element: Encodable>: JSONWritten {
    var elements: [Element]
    package func write(to text: inout JSONWriter) {
        if elements.isEmpty { text.list([Int64]()) } else { text.foreign(elements) }
    }
}

extension LaunchAnswer: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("instances", instances)
            object.field("operations", operations)
            object.field("unplaced", unplaced)
            object.field("noPlacement", noPlacement)
        }
    }
}

extension NoPlacement: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("nodes", nodes)
            object.field("counts", counts)
            object.field("nearestMiss", nearestMiss)
        }
    }
}

extension NoPlacement.Count: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("reason", reason)
            object.field("nodes", nodes)
        }
    }
}

extension SyncAnswer: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("epoch", epoch)
            object.field("interval", interval)
            object.field("revision", revision)
            object.field("full", full)
            object.field("desired", desired)
            object.field("needsFull", needsFull)
            object.field("streams", Foreign(elements: streams))
            object.field("lease", lease)
            if let volumes {
                object.key("volumes")
                object.foreign(volumes)
            }
            object.field("unkept", unkept)
        }
    }
}

extension LeaseGrant: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { $0.field("lengthMilliseconds", length) }
    }
}
