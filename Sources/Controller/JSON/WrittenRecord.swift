import ClusterAPI
import ClusterModel
import ControllerDecisions

extension InstanceRecord: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("instance", instance)
            object.field("desiredRevision", desiredRevision)
            object.field("observed", observed?.rawValue)
            object.field("observedReboots", observedReboots)
            object.field("operation", operation)
            object.field("found", found)
            object.field("adopted", adopted)
            object.field("stopWithin", stopWithin)
            object.field("move", move)
            object.field("stoppedByDrain", stoppedByDrain)
            object.field("expiryWarned", expiryWarned)
            if let storage {
                object.key("storage")
                object.foreign(storage)
            }
            if let migration {
                object.key("migration")
                object.foreign(migration)
            }
            object.field("failedMigrations", failedMigrations)
        }
    }
}

extension InstanceMove: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("from", from)
            object.field("fromName", fromName)
            object.field("proof", proof)
        }
    }
}
