import ClusterModel

extension Instance: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("id", id)
            object.field("name", name)
            object.field("project", project)
            object.field("generation", generation)
            object.field("spec", spec)
            object.field("status", status)
            object.field("placement", placement)
            object.field("createdAt", createdAt)
            object.field("history", history)
        }
    }
}

extension InstanceSpec: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("size", size)
            object.field("resources", resources)
            object.field("image", image)
            object.field("labels", labels)
            object.field("groups", groups)
            object.field("constraints", constraints)
            object.field("policy", policy?.rawValue)
            object.field("restart", restart.rawValue)
            object.field("desired", desired.rawValue)
            object.field("reboots", reboots)
            object.field("stopTimeoutMilliseconds", stopTimeout)
            object.field("queued", queued)
            object.field("recovery", recovery.rawValue)
            object.field("ephemeral", ephemeral)
            object.field("priority", priority)
            object.field("seed", seed)
            object.field("protected", protected)
            object.field("expiresAt", expiresAt)
            object.field("volumes", volumes)
        }
    }
}

extension SeedSummary: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("userDataBytes", userDataBytes)
            object.field("vendorDataBytes", vendorDataBytes)
            object.field("keys", keys)
        }
    }
}

extension Constraints: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            if !require.isEmpty { object.field("require", require) }
            if !prefer.isEmpty { object.field("prefer", prefer) }
            if !tolerate.isEmpty { object.field("tolerate", tolerate) }
            if !traits.isEmpty { object.field("traits", traits) }
            object.field("architecture", architecture?.rawValue)
            object.field("pool", pool)
            if !antiAffinity.isEmpty { object.field("antiAffinity", antiAffinity) }
            if !affinity.isEmpty { object.field("affinity", affinity) }
            if !spread.isEmpty { object.field("spread", spread) }
        }
    }
}

extension Toleration: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("key", key)
            object.field("value", value)
        }
    }
}

extension Constraints.GroupRule: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("group", group)
            object.field("domain", domain)
            object.field("hard", hard)
        }
    }
}

extension Constraints.SpreadRule: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("group", group)
            object.field("domain", domain)
            object.field("maximumSkew", maximumSkew)
            object.field("hard", hard)
        }
    }
}

extension InstanceStatus: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("state", state.rawValue)
            object.field("observedGeneration", observedGeneration)
            object.field("reason", reason)
            object.field("address", address)
            object.field("pid", pid)
            object.field("restarts", restarts)
            object.field("since", since)
            object.field("timings", timings)
        }
    }
}

extension StartTimings: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("imageReadyMicroseconds", imageReady)
            object.field("diskReadyMicroseconds", diskReady)
            object.field("seedReadyMicroseconds", seedReady)
            object.field("spawnedMicroseconds", spawned)
        }
    }
}

extension InstancePlacement: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("node", node)
            object.field("nodeName", nodeName)
            object.field("allocation", allocation)
            object.field("decidedAt", decidedAt)
            object.field("revision", revision)
            object.field("network", network)
        }
    }
}

extension InstanceNetwork: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("address", address.description)
            object.field("prefix", Int64(prefix))
            object.field("gateway", gateway.description)
        }
    }
}

extension Transition: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("at", at)
            object.field("from", from?.rawValue)
            object.field("to", to.rawValue)
            object.field("reason", reason)
        }
    }
}

extension InstanceOperation: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("id", id)
            object.field("kind", kind.rawValue)
            object.field("instance", instance)
            object.field("instanceName", instanceName)
            object.field("project", project)
            object.field("generation", generation)
            object.field("state", state.rawValue)
            object.field("message", message)
            object.field("createdAt", createdAt)
            object.field("finishedAt", finishedAt)
            if let progress {
                object.key("progress")
                object.foreign(progress)
            }
        }
    }
}

extension Event: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("revision", revision)
            object.field("index", index)
            object.field("at", at)
            object.field("level", level.rawValue)
            object.field("reason", reason)
            object.field("subject", subject)
            object.field("project", project)
            object.field("message", message)
        }
    }
}

extension Event.Subject: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            switch self {
            case .cluster: object.field("kind", "cluster")
            case .node(let id, let name):
                object.field("kind", "node")
                object.field("id", id)
                object.field("name", name)
            case .instance(let id, let name):
                object.field("kind", "instance")
                object.field("id", id)
                object.field("name", name)
            case .image(let name):
                object.field("kind", "image")
                object.field("name", name)
            case .size(let name):
                object.field("kind", "size")
                object.field("name", name)
            case .key(let name):
                object.field("kind", "key")
                object.field("name", name)
            case .volume(let id, let name):
                object.field("kind", "volume")
                object.field("id", id)
                object.field("name", name)
            case .snapshot(let id, let name):
                object.field("kind", "snapshot")
                object.field("id", id)
                object.field("name", name)
            case .project(let name):
                object.field("kind", "project")
                object.field("name", name)
            case .account(let name):
                object.field("kind", "account")
                object.field("name", name.description)
            }
        }
    }
}

extension DesiredInstance: JSONWritten {
    package func write(to text: inout JSONWriter) {
        text.object { object in
            object.field("id", id)
            object.field("name", name)
            object.field("project", project)
            object.field("generation", generation)
            object.field("desired", desired.rawValue)
            object.field("resources", resources)
            object.field("image", image)
            object.field("restart", restart.rawValue)
            object.field("reboots", reboots)
            object.field("stopTimeout", stopTimeout)
            object.field("adopt", adopt)
            object.field("fenced", fenced)
            object.field("seeded", seeded)
            if let storage {
                object.key("storage")
                object.foreign(storage)
            }
            if let migration {
                object.key("migration")
                object.foreign(migration)
            }
            object.field("network", network)
        }
    }
}
