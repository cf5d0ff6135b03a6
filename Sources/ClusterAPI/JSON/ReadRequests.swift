import ClusterModel

extension LaunchRequest: JSONRead {
    /// Labels and constraints are left to Foundation.
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var request = LaunchRequest()
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "name": try json.optional(into: &request.name)
            case "project": try json.optional(into: &request.project)
            case "size": try json.optional(into: &request.size)
            case "image": try json.optional(into: &request.image)
            case "groups": try json.optional(into: &request.groups)
            case "stopTimeoutMilliseconds": try json.optional(into: &request.stopTimeout)
            case "queue": try json.optional(into: &request.queue)
            case "ephemeral": try json.optional(into: &request.ephemeral)
            case "priority": try json.optional(into: &request.priority)
            case "count": try json.optional(into: &request.count)
            case "allOrNone": try json.optional(into: &request.allOrNone)
            default: throw JSONReader.Unusual()
            }
        }
        self = request
    }
}

extension SyncRequest: JSONRead {
    /// A registration and what is told of storage are rare, and left to Foundation.
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var bootID: String?
        var session: String?
        var number: Int64?
        var highestEpoch: Epoch?
        var seen: Int64?
        var full: Bool?
        var observed: [ObservedInstance]?
        var hold: Milliseconds?
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "bootID": try json.value(into: &bootID)
            case "session": try json.value(into: &session)
            case "number": try json.value(into: &number)
            case "highestEpoch": try json.value(into: &highestEpoch)
            case "seen": try json.value(into: &seen)
            case "full": try json.value(into: &full)
            case "observed": try json.value(into: &observed)
            case "hold": try json.value(into: &hold)
            default: throw JSONReader.Unusual()
            }
        }
        self.init(
            bootID: try json.required(bootID), session: try json.required(session), number: number ?? 0,
            highestEpoch: try json.required(highestEpoch), seen: try json.required(seen), registration: nil, full: try json.required(full),
            observed: try json.required(observed),
            hold: try json.required(hold))
    }
}

extension ObservedInstance: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var id: InstanceID?
        var instanceName: Name?
        var generation: Int64?
        var state: State?
        var reason: String?
        var address: String?
        var pid: Int32?
        var restarts: Int?
        var reboots: Int64?
        var timings: StartTimings?
        var resources: Resources?
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "id": try json.value(into: &id)
            case "name": try json.value(into: &instanceName)
            case "generation": try json.value(into: &generation)
            case "state": try json.put(try json.word(), into: &state)
            case "reason": try json.optional(into: &reason)
            case "address": try json.optional(into: &address)
            case "pid": try json.optional(into: &pid)
            case "restarts": try json.value(into: &restarts)
            case "reboots": try json.value(into: &reboots)
            case "timings": try json.optional(into: &timings)
            case "resources": try json.value(into: &resources)
            default: throw JSONReader.Unusual()
            }
        }
        self.init(
            id: try json.required(id), name: try json.required(instanceName), generation: try json.required(generation),
            state: try json.required(state), reason: reason, address: address, pid: pid, restarts: try json.required(restarts),
            reboots: try json.required(reboots), timings: timings, resources: try json.required(resources))
    }
}

extension StartTimings: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var imageReady: Int64?
        var diskReady: Int64?
        var seedReady: Int64?
        var spawned: Int64?
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "imageReadyMicroseconds": try json.value(into: &imageReady)
            case "diskReadyMicroseconds": try json.value(into: &diskReady)
            case "seedReadyMicroseconds": try json.value(into: &seedReady)
            case "spawnedMicroseconds": try json.value(into: &spawned)
            default: throw JSONReader.Unusual()
            }
        }
        self.init(
            imageReady: try json.required(imageReady), diskReady: try json.required(diskReady), seedReady: try json.required(seedReady),
            spawned: try json.required(spawned))
    }
}
