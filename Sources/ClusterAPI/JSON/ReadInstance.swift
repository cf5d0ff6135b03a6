import ClusterModel

extension Instance: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var id: InstanceID?
        var instanceName: Name?
        var project: Name?
        var generation: Int64?
        var spec: InstanceSpec?
        var status: InstanceStatus?
        var placement: InstancePlacement?
        var createdAt: Timestamp?
        var history: [Transition]?
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "id": try json.value(into: &id)
            case "name": try json.value(into: &instanceName)
            case "project": try json.value(into: &project)
            case "generation": try json.value(into: &generation)
            case "spec": try json.value(into: &spec)
            case "status": try json.value(into: &status)
            case "placement": try json.optional(into: &placement)
            case "createdAt": try json.value(into: &createdAt)
            case "history": try json.value(into: &history)
            default: throw JSONReader.Unusual()
            }
        }
        self.init(
            id: try json.required(id), name: try json.required(instanceName), project: try json.required(project),
            generation: try json.required(generation), spec: try json.required(spec), status: try json.required(status), placement: placement,
            createdAt: try json.required(createdAt), history: try json.required(history))
    }
}

extension InstanceSpec: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var size: Name?
        var resources: Resources?
        var image: ImageReference?
        var labels: Labels?
        var groups: [Name]?
        var constraints: Constraints?
        var policy: PlacementPolicy?
        var restart: RestartPolicy?
        var desired: DesiredState?
        var reboots: Int64?
        var stopTimeout: Milliseconds?
        var queued: Bool?
        var recovery: RecoveryPolicy?
        var ephemeral: Bool?
        var priority: Int?
        var seed: SeedSummary?
        var protected: Bool?
        var expiresAt: Timestamp?
        var volumes: [Name]?
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "size": try json.value(into: &size)
            case "resources": try json.value(into: &resources)
            case "image": try json.value(into: &image)
            case "labels": try json.value(into: &labels)
            case "groups": try json.value(into: &groups)
            case "constraints": try json.value(into: &constraints)
            case "policy": try json.put(try json.word(), into: &policy)
            case "restart": try json.put(try json.word(), into: &restart)
            case "desired": try json.put(try json.word(), into: &desired)
            case "reboots": try json.value(into: &reboots)
            case "stopTimeoutMilliseconds": try json.value(into: &stopTimeout)
            case "queued": try json.value(into: &queued)
            case "recovery": try json.put(try json.word(), into: &recovery)
            case "ephemeral": try json.value(into: &ephemeral)
            case "priority": try json.value(into: &priority)
            case "seed": try json.value(into: &seed)
            case "protected": try json.value(into: &protected)
            case "expiresAt": try json.value(into: &expiresAt)
            case "volumes": try json.optional(into: &volumes)
            default: throw JSONReader.Unusual()
            }
        }
        self.init(
            size: try json.required(size), resources: try json.required(resources), image: try json.required(image),
            labels: try json.required(labels), groups: try json.required(groups), constraints: try json.required(constraints), policy: policy,
            restart: try json.required(restart), desired: try json.required(desired), reboots: try json.required(reboots),
            stopTimeout: try json.required(stopTimeout), queued: try json.required(queued), recovery: recovery ?? .stay,
            ephemeral: ephemeral ?? false, priority: priority ?? 0, seed: seed, protected: protected ?? false, expiresAt: expiresAt,
            volumes: volumes)
    }
}

extension SeedSummary: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var userDataBytes: Int?
        var vendorDataBytes: Int?
        var keys: [Name]?
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "userDataBytes": try json.value(into: &userDataBytes)
            case "vendorDataBytes": try json.value(into: &vendorDataBytes)
            case "keys": try json.value(into: &keys)
            default: throw JSONReader.Unusual()
            }
        }
        self.init(
            userDataBytes: try json.required(userDataBytes), vendorDataBytes: try json.required(vendorDataBytes), keys: try json.required(keys))
    }
}

extension Labels: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var labels = Labels()
        try json.object { name, json throws(JSONReader.Unusual) in
            guard let label = try? Label(key: name, value: try json.text()), labels[name] == nil, labels.all.count < Labels.limit else {
                throw JSONReader.Unusual()
            }
            labels.set(label)
        }
        self = labels
    }
}

extension Constraints: JSONRead {
    /// The usual ones; rules of groups and tolerations are left to Foundation.
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var require: [Label]?
        var prefer: [Label]?
        var traits: [String]?
        var architecture: Architecture?
        var pool: Name?
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "require": try json.value(into: &require)
            case "prefer": try json.value(into: &prefer)
            case "traits": try json.value(into: &traits)
            case "architecture": try json.put(try json.word(), into: &architecture)
            case "pool": try json.value(into: &pool)
            default: throw JSONReader.Unusual()
            }
        }
        self.init()
        self.require = require ?? []
        self.prefer = prefer ?? []
        self.traits = traits ?? []
        self.architecture = architecture
        self.pool = pool
    }
}

extension Label: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        guard let label = try? Label(try json.text()) else { throw JSONReader.Unusual() }
        self = label
    }
}

extension Timestamp: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        guard let timestamp = Timestamp(try json.text()) else { throw JSONReader.Unusual() }
        self = timestamp
    }
}

extension InstanceStatus: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var state: InstanceState?
        var observedGeneration: Int64?
        var reason: String?
        var address: String?
        var pid: Int32?
        var restarts: Int?
        var since: Timestamp?
        var timings: StartTimings?
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "state": try json.put(try json.word(), into: &state)
            case "observedGeneration": try json.value(into: &observedGeneration)
            case "reason": try json.optional(into: &reason)
            case "address": try json.optional(into: &address)
            case "pid": try json.optional(into: &pid)
            case "restarts": try json.value(into: &restarts)
            case "since": try json.value(into: &since)
            case "timings": try json.optional(into: &timings)
            default: throw JSONReader.Unusual()
            }
        }
        self.init(
            state: try json.required(state), observedGeneration: try json.required(observedGeneration), reason: reason, address: address, pid: pid,
            restarts: try json.required(restarts), since: try json.required(since), timings: timings)
    }
}

extension InstancePlacement: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var node: NodeID?
        var nodeName: Name?
        var allocation: Resources?
        var decidedAt: Timestamp?
        var revision: Int64?
        var network: InstanceNetwork?
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "node": try json.value(into: &node)
            case "nodeName": try json.value(into: &nodeName)
            case "allocation": try json.value(into: &allocation)
            case "decidedAt": try json.value(into: &decidedAt)
            case "revision": try json.value(into: &revision)
            case "network": try json.optional(into: &network)
            default: throw JSONReader.Unusual()
            }
        }
        self.init(
            node: try json.required(node), nodeName: try json.required(nodeName), allocation: try json.required(allocation),
            decidedAt: try json.required(decidedAt), revision: try json.required(revision), network: network)
    }
}

extension InstanceNetwork: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var address: String?
        var prefix: Int64?
        var gateway: String?
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "address": try json.value(into: &address)
            case "prefix": try json.value(into: &prefix)
            case "gateway": try json.value(into: &gateway)
            default: throw JSONReader.Unusual()
            }
        }
        guard let address = IPv4Address(try json.required(address)), let gateway = IPv4Address(try json.required(gateway)) else {
            throw JSONReader.Unusual()
        }
        self.init(address: address, prefix: Int(try json.required(prefix)), gateway: gateway)
    }
}

extension Transition: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var at: Timestamp?
        var from: InstanceState?
        var to: InstanceState?
        var reason: String?
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "at": try json.value(into: &at)
            case "from": try json.put(try json.word(), into: &from)
            case "to": try json.put(try json.word(), into: &to)
            case "reason": try json.value(into: &reason)
            default: throw JSONReader.Unusual()
            }
        }
        self.init(at: try json.required(at), from: from, to: try json.required(to), reason: try json.required(reason))
    }
}

extension InstanceOperation: JSONRead {
    package init(from json: inout JSONReader) throws(JSONReader.Unusual) {
        var id: OperationID?
        var kind: Kind?
        var instance: InstanceID?
        var instanceName: Name?
        var project: Name?
        var generation: Int64?
        var state: State?
        var message: String?
        var createdAt: Timestamp?
        var finishedAt: Timestamp?
        try json.object { name, json throws(JSONReader.Unusual) in
            switch name {
            case "id": try json.value(into: &id)
            case "kind": try json.put(try json.word(), into: &kind)
            case "instance": try json.value(into: &instance)
            case "instanceName": try json.value(into: &instanceName)
            case "project": try json.value(into: &project)
            case "generation": try json.value(into: &generation)
            case "state": try json.put(try json.word(), into: &state)
            case "message": try json.optional(into: &message)
            case "createdAt": try json.value(into: &createdAt)
            case "finishedAt": try json.optional(into: &finishedAt)
            default: throw JSONReader.Unusual()
            }
        }
        self.init(
            id: try json.required(id), kind: try json.required(kind), instance: try json.required(instance),
            instanceName: try json.required(instanceName), project: project, generation: try json.required(generation),
            state: try json.required(state), message: message, createdAt: try json.required(createdAt), finishedAt: finishedAt)
    }
}
