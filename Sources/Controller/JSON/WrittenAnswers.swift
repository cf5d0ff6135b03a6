import ClusterAPI
import ClusterModel
import ControllerDecisions
import FoundationEssentials

extension Page: JSONWritten where Item: JSONWritten {
    func write(to text: inout JSONText) {
        text.object { object in
            object.field("items", items)
            object.field("revision", revision)
            object.field("continue", self.continue)
        }
    }
}

extension InstanceAnswer: JSONWritten {
    func write(to text: inout JSONText) {
        text.object { object in
            object.field("instance", instance)
            object.field("operation", operation)
        }
    }
}

/// A list that most often is empty and else is left to Foundation.
struct Foreign<Element: Encodable>: JSONWritten {
    var elements: [Element]
    func write(to text: inout JSONText) {
        // An element that can't be encoded is left out with the rest: none of these holds a number that JSON does not know.
        guard !elements.isEmpty, (try? text.encoded(elements)) != nil else { return text.list([Int64]()) }
    }
}

extension LaunchAnswer: JSONWritten {
    func write(to text: inout JSONText) {
        text.object { object in
            object.field("instances", instances)
            object.field("operations", operations)
            object.field("unplaced", unplaced)
            object.field("noPlacement", noPlacement)
        }
    }
}

extension NoPlacement: JSONWritten {
    func write(to text: inout JSONText) {
        text.object { object in
            object.field("nodes", nodes)
            object.field("counts", counts)
            object.field("nearestMiss", nearestMiss)
        }
    }
}

extension NoPlacement.Count: JSONWritten {
    func write(to text: inout JSONText) {
        text.object { object in
            object.field("reason", reason)
            object.field("nodes", nodes)
        }
    }
}

extension SyncAnswer: JSONWritten {
    func write(to text: inout JSONText) {
        text.object { object in
            object.field("epoch", epoch)
            object.field("interval", interval)
            object.field("revision", revision)
            object.field("full", full)
            object.field("desired", desired)
            object.field("needsFull", needsFull)
            object.field("streams", Foreign(elements: streams))
            object.field("lease", lease)
        }
    }
}

extension LeaseGrant: JSONWritten {
    func write(to text: inout JSONText) {
        text.object { $0.field("lengthMilliseconds", length) }
    }
}

/// The door to what is written by hand, for those outside who compare it.
package enum WrittenJSON {
    package static func data(_ value: Instance) -> Data { JSONText.data(value) }
    package static func data(_ value: InstanceOperation) -> Data { JSONText.data(value) }
    package static func data(_ value: [Event]) -> Data { JSONText.data(value) }
    package static func data(_ value: SyncAnswer) -> Data { JSONText.data(value) }
    package static func data(_ value: LaunchAnswer) -> Data { JSONText.data(value) }
    package static func data(_ value: InstanceRecord) -> Data { JSONText.data(value) }
}
