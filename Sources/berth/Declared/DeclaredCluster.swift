import ClusterModel
import FoundationEssentials
import StrictYAML

/// What a file says that there shall be: keys, sizes, instances and volumes, by name.
///
///     keys:
///       laptop: ssh-ed25519 AAAA… me@laptop
///     sizes:
///       web: {cpu: 2, memory: 4GiB, disk: 20GiB}
///     instances:
///       web-1: {size: web, image: debian, keys: [laptop], labels: {tier: front}}
///     volumes:
///       data: {size: 10GiB, attachTo: web-1}
package struct DeclaredCluster: Sendable {
    package struct Instance: Sendable {
        package var name: Name
        package var size: Name?
        package var image: Name?
        package var keys: [Name]?
        package var labels: Labels?
        package var userData: Data?
        package var restart: RestartPolicy?
        package var protected: Bool?
        /// Nil where the file leaves that to people.
        package var running: Bool?
    }

    package struct Volume: Sendable {
        package var name: Name
        package var size: MiB
        package var format: VolumeFormat?
        package var pool: Name?
        package var iops: Int64?
        package var deleteWithInstance: Bool?
        /// Nil where the file leaves that to people.
        package var attachTo: Name?
    }

    package var volumes: [Volume] = []
    package var keys: [(name: Name, key: SSHPublicKey)] = []
    package var sizes: [Size] = []
    package var instances: [Instance] = []

    package init(text: String, file: String) throws(ConfigurationError) {
        let root = try ConfigurationDocument(text: text, file: file).root.mapping(keys: ["keys", "sizes", "instances", "volumes"])
        for (name, value) in try Self.named(root["keys"]) { keys.append((name, try Self.key(value))) }
        for (name, value) in try Self.named(root["sizes"]) { sizes.append(try Self.size(name, value)) }
        for (name, value) in try Self.named(root["volumes"]) { volumes.append(try Self.volume(name, value)) }
        for (name, value) in try Self.named(root["instances"]) { instances.append(try Self.instance(name, value)) }
    }

    private static func named(_ value: ConfigurationValue?) throws(ConfigurationError) -> [(Name, ConfigurationValue)] {
        var named: [(Name, ConfigurationValue)] = []
        guard let value else { return named }
        for (key, entry) in try value.anyMapping().entries {
            do { named.append((try Name(key), entry)) } catch { throw entry.error(error.description) }
        }
        return named
    }

    private static func key(_ value: ConfigurationValue) throws(ConfigurationError) -> SSHPublicKey {
        let text = try value.string()
        do { return try SSHPublicKey(text) } catch { throw value.error(error.description) }
    }

    private static func size(_ name: Name, _ value: ConfigurationValue) throws(ConfigurationError) -> Size {
        let fields = try value.mapping(keys: ["cpu", "memory", "disk", "devices", "traits"])
        var traits: [String] = []
        for entry in try fields["traits"]?.list() ?? [] { traits.append(try entry.string()) }
        return Size(
            name: name,
            resources: Resources(
                cpu: try fields.required("cpu").cpu(), memory: try fields.required("memory").memory(), disk: try fields["disk"]?.memory() ?? .zero,
                devices: try fields["devices"]?.devices() ?? []), traits: traits)
    }

    private static func volume(_ name: Name, _ value: ConfigurationValue) throws(ConfigurationError) -> Volume {
        let fields = try value.mapping(keys: ["size", "format", "pool", "iops", "deleteWithInstance", "attachTo"])
        var volume = Volume(name: name, size: try fields.required("size").memory())
        volume.format = try fields["format"]?.word(VolumeFormat.self)
        volume.pool = try fields["pool"]?.name()
        volume.iops = try fields["iops"]?.integer(in: IOLimits.allowed)
        volume.deleteWithInstance = try fields["deleteWithInstance"]?.bool()
        volume.attachTo = try fields["attachTo"]?.name()
        return volume
    }

    private static func instance(_ name: Name, _ value: ConfigurationValue) throws(ConfigurationError) -> Instance {
        let fields = try value.mapping(keys: ["size", "image", "keys", "labels", "userData", "restart", "protected", "running"])
        var instance = Instance(name: name)
        instance.size = try fields["size"]?.name()
        instance.image = try fields["image"]?.name()
        if let list = fields["keys"] {
            var keys: [Name] = []
            for entry in try list.list() { keys.append(try entry.name()) }
            instance.keys = keys
        }
        instance.labels = try fields["labels"]?.labels()
        instance.userData = try fields["userData"].map { value throws(ConfigurationError) in Data(try value.string().utf8) }
        instance.restart = try fields["restart"]?.word(RestartPolicy.self)
        instance.protected = try fields["protected"]?.bool()
        instance.running = try fields["running"]?.bool()
        return instance
    }
}
