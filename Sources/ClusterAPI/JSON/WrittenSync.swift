import ClusterModel

extension SyncRequest: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("bootID", bootID)
            object.field("session", session)
            object.field("number", number)
            object.field("highestEpoch", highestEpoch)
            object.field("seen", seen)
            if let registration {
                object.key("registration")
                object.foreign(registration)
            }
            object.field("full", full)
            object.field("observed", observed)
            object.field("hold", hold)
            if let storage {
                object.key("storage")
                object.foreign(storage)
            }
        }
    }
}

extension ObservedInstance: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("id", id)
            object.field("name", name)
            object.field("generation", generation)
            object.field("state", state.rawValue)
            object.field("reason", reason)
            object.field("address", address)
            object.field("pid", pid)
            object.field("restarts", restarts)
            object.field("reboots", reboots)
            object.field("timings", timings)
            object.field("resources", resources)
            if let storage {
                object.key("storage")
                object.foreign(storage)
            }
            if let migration {
                object.key("migration")
                object.foreign(migration)
            }
        }
    }
}
