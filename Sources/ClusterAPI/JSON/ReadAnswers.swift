import ClusterModel

extension SyncAnswer: JSONRead {
    /// Streams and volumes are rare, and left to Foundation.
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var epoch: Epoch?
        var interval: Milliseconds?
        var revision: Int64?
        var full: Bool?
        var desired: [DesiredInstance]?
        var needsFull: Bool?
        var lease: LeaseGrant?
        var hasStreams = false
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "epoch": try json.value(into: &epoch)
            case "interval": try json.value(into: &interval)
            case "revision": try json.value(into: &revision)
            case "full": try json.value(into: &full)
            case "desired": try json.value(into: &desired)
            case "needsFull": try json.value(into: &needsFull)
            case "streams":
                let none: [Int64] = try json.value()
                guard none.isEmpty else { throw JSONReader.Unusual() }
                hasStreams = true
            case "lease": try json.optional(into: &lease)
            default: throw JSONReader.Unusual()
            }
        }
        guard hasStreams else { throw JSONReader.Unusual() }
        self.init(
            epoch: try json.required(epoch), interval: try json.required(interval), revision: try json.required(revision),
            full: try json.required(full), desired: try json.required(desired), needsFull: try json.required(needsFull), streams: [], lease: lease)
    }
}

extension LeaseGrant: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var length: Milliseconds?
        try json.object { name, json throws(JSONReader.Unusual) in
            guard name == "lengthMilliseconds" else { throw JSONReader.Unusual() }
            try json.value(into: &length)
        }
        self.init(length: try json.required(length))
    }
}

extension DesiredInstance: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var id: InstanceID?
        var instanceName: Name?
        var project: Name?
        var generation: Int64?
        var desired: DesiredState?
        var resources: Resources?
        var image: ImageReference?
        var restart: RestartPolicy?
        var reboots: Int64?
        var stopTimeout: Milliseconds?
        var adopt: Bool?
        var fenced: Bool?
        var seeded: Bool?
        var network: InstanceNetwork?
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "id": try json.value(into: &id)
            case "name": try json.value(into: &instanceName)
            case "project": try json.value(into: &project)
            case "generation": try json.value(into: &generation)
            case "desired": try json.put(try json.word(), into: &desired)
            case "resources": try json.value(into: &resources)
            case "image": try json.value(into: &image)
            case "restart": try json.put(try json.word(), into: &restart)
            case "reboots": try json.value(into: &reboots)
            case "stopTimeout": try json.value(into: &stopTimeout)
            case "adopt": try json.value(into: &adopt)
            case "fenced": try json.optional(into: &fenced)
            case "seeded": try json.optional(into: &seeded)
            case "network": try json.optional(into: &network)
            default: throw JSONReader.Unusual()
            }
        }
        self.init(
            id: try json.required(id), name: try json.required(instanceName), project: try json.required(project),
            generation: try json.required(generation), desired: try json.required(desired), resources: try json.required(resources),
            image: try json.required(image), restart: try json.required(restart), reboots: try json.required(reboots),
            stopTimeout: try json.required(stopTimeout), adopt: try json.required(adopt), fenced: fenced ?? false,
            seeded: seeded ?? false, network: network)
    }
}

extension ImageReference: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var imageName: Name?
        var digest: Digest?
        var format: Image.Format?
        var bytes: Int64?
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "name": try json.value(into: &imageName)
            case "digest": try json.value(into: &digest)
            case "format": try json.put(try json.word(), into: &format)
            case "bytes": try json.value(into: &bytes)
            default: throw JSONReader.Unusual()
            }
        }
        self.init(
            name: try json.required(imageName), digest: try json.required(digest), format: try json.required(format),
            bytes: try json.required(bytes))
    }
}
