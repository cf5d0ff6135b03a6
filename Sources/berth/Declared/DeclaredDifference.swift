import ClusterAPI
import ClusterModel

/// What it takes to make a cluster what a file says. Nothing that the file does not name is touched.
package struct DeclaredDifference: Sendable {
    package enum Step: Hashable, Sendable {
        case importKey(KeyRequest)
        case createSize(Size)
        case launch(LaunchRequest)
        case update(Name, UpdateRequest, fields: [String])
        case createVolume(VolumeRequest)
        case updateVolume(Name, VolumeUpdateRequest, fields: [String])
        case attach(Name, to: Name)
        case start(Name)
        case stop(Name)
        /// What can't be changed of a thing that is there.
        case impossible(String, fields: [String])
    }

    package var steps: [Step] = []

    package init(_ declared: DeclaredCluster, keys: [SSHKey], sizes: [Size], instances: [Instance], volumes: [Volume] = []) {
        for (name, key) in declared.keys {
            guard let present = keys.first(where: { $0.name == name }) else {
                steps.append(.importKey(KeyRequest(name: name, publicKey: key)))
                continue
            }
            if present.publicKey != key { steps.append(.impossible("key/\(name)", fields: ["the key itself"])) }
        }
        for size in declared.sizes {
            guard let present = sizes.first(where: { $0.name == size.name }) else {
                steps.append(.createSize(size))
                continue
            }
            if present != size { steps.append(.impossible("size/\(size.name)", fields: ["resources or traits"])) }
        }
        for instance in declared.instances {
            guard let present = instances.first(where: { $0.name == instance.name }) else {
                steps.append(.launch(Self.request(instance)))
                continue
            }
            steps += Self.steps(from: present, to: instance)
        }
        for volume in declared.volumes { steps += Self.steps(for: volume, volumes.first { $0.name == volume.name }) }
    }

    private static func steps(for wanted: DeclaredCluster.Volume, _ present: Volume?) -> [Step] {
        let attaching = wanted.attachTo.map { [Step.attach(wanted.name, to: $0)] } ?? []
        guard let present else {
            var request = VolumeRequest(name: wanted.name)
            request.size = wanted.size
            request.format = wanted.format
            request.pool = wanted.pool
            request.limits = wanted.iops.map { IOLimits(iops: $0) }
            request.deleteWithInstance = wanted.deleteWithInstance
            return [.createVolume(request)] + attaching
        }
        var fixed: [String] = []
        if wanted.size < present.spec.size { fixed.append("size (it can only grow)") }
        if let format = wanted.format, format != present.spec.format { fixed.append("format") }
        if let pool = wanted.pool, pool != present.spec.pool { fixed.append("pool") }
        if let instance = wanted.attachTo, let attachment = present.attachment, attachment.instanceName != instance { fixed.append("attachTo") }
        if !fixed.isEmpty { return [.impossible("volume/\(wanted.name)", fields: fixed)] }
        var update = VolumeUpdateRequest()
        var fields: [String] = []
        if wanted.size > present.spec.size {
            update.size = wanted.size
            fields.append("size")
        }
        if let iops = wanted.iops, iops != present.spec.limits.iops {
            update.limits = IOLimits(iops: iops, bytesPerSecond: present.spec.limits.bytesPerSecond)
            fields.append("iops")
        }
        if let flag = wanted.deleteWithInstance, flag != present.spec.deleteWithInstance {
            update.deleteWithInstance = flag
            fields.append("deleteWithInstance")
        }
        return (fields.isEmpty ? [] : [.updateVolume(wanted.name, update, fields: fields)]) + (present.attachment == nil ? attaching : [])
    }

    private static func request(_ instance: DeclaredCluster.Instance) -> LaunchRequest {
        var request = LaunchRequest()
        request.name = instance.name
        request.size = instance.size
        request.image = instance.image
        request.keys = instance.keys
        request.labels = instance.labels
        request.userData = instance.userData
        request.restart = instance.restart
        request.protected = instance.protected
        return request
    }

    private static func steps(from present: Instance, to wanted: DeclaredCluster.Instance) -> [Step] {
        var fixed: [String] = []
        func differs<Value: Equatable>(_ wanted: Value?, _ present: Value) -> Bool { wanted.map { $0 != present } ?? false }
        if differs(wanted.size, present.spec.size) { fixed.append("size") }
        if differs(wanted.image, present.spec.image.name) { fixed.append("image") }
        if differs(wanted.keys, present.spec.seed?.keys ?? []) { fixed.append("keys") }
        if differs(wanted.userData?.count, present.spec.seed?.userDataBytes ?? 0) { fixed.append("userData") }
        if differs(wanted.restart, present.spec.restart) { fixed.append("restart") }
        if !fixed.isEmpty { return [.impossible("instance/\(wanted.name)", fields: fixed)] }
        var steps: [Step] = []
        var update = UpdateRequest()
        var fields: [String] = []
        if let labels = wanted.labels, labels != present.spec.labels {
            update.setLabels = labels
            update.removeLabels = present.spec.labels.all.map(\.key).filter { labels[$0] == nil }
            fields.append("labels")
        }
        if differs(wanted.protected, present.spec.protected) {
            update.protected = wanted.protected
            fields.append("protected")
        }
        if !fields.isEmpty { steps.append(.update(wanted.name, update, fields: fields)) }
        if wanted.running == true, present.spec.desired == .stopped { steps.append(.start(wanted.name)) }
        if wanted.running == false, present.spec.desired == .running { steps.append(.stop(wanted.name)) }
        return steps
    }

    /// Of what no step makes so.
    package var impossible: [String] {
        steps.compactMap { step in
            guard case .impossible(let what, let fields) = step else { return nil }
            return "\(what): \(fields.joined(separator: ", ")) can't be changed; delete it first, or give it another name"
        }
    }
}

extension DeclaredDifference.Step {
    /// A line as `diff` shows it: + is made, ~ is changed, ! can't be changed.
    package var line: String {
        switch self {
        case .importKey(let request): "+ key/\(request.name)"
        case .createSize(let size): "+ size/\(size.name)"
        case .launch(let request): "+ instance/\(request.name?.text ?? "")"
        case .update(let name, _, let fields): "~ instance/\(name): \(fields.joined(separator: ", "))"
        case .createVolume(let request): "+ volume/\(request.name)"
        case .updateVolume(let name, _, let fields): "~ volume/\(name): \(fields.joined(separator: ", "))"
        case .attach(let name, let instance): "~ volume/\(name): attached to \(instance)"
        case .start(let name): "~ instance/\(name): starts"
        case .stop(let name): "~ instance/\(name): stops"
        case .impossible(let what, let fields): "! \(what): \(fields.joined(separator: ", "))"
        }
    }
}
