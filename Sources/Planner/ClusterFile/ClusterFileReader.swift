import ClusterModel
import StrictYAML

extension ClusterFile {
    /// Reads the file's text; `file` is its name for errors. Everything is checked: duplicates, references, limits, and that each size fits a node.
    package init(text: String, file: String) throws(ConfigurationError) {
        var reader = ClusterFileReader()
        self = try reader.read(try ConfigurationDocument(text: text, file: file).root)
    }

    package init(contentsOf path: String) throws(ConfigurationError) {
        var reader = ClusterFileReader()
        self = try reader.read(try ConfigurationDocument(contentsOf: path).root)
    }
}

private struct ClusterFileReader {
    private var nodeNames: Set<Name> = []
    private var sizes: [Name: Size] = [:]
    private var instanceNames: Set<Name> = []
    private var allocatable: [Resources] = []
    private var allocatableSeen: Set<Resources> = []

    mutating func read(_ root: ConfigurationValue) throws(ConfigurationError) -> ClusterFile {
        let fields = try root.mapping(keys: ["name", "policy", "nodes", "sizes", "instances"])
        var cluster = ClusterFile(name: try fields.required("name").name())
        if let policy = fields["policy"] { cluster.policy = try policy.word(PlacementPolicy.self) }
        for value in try fields["nodes"]?.list() ?? [] { cluster.nodes.append(try node(value)) }
        for value in try fields["sizes"]?.list() ?? [] {
            guard cluster.sizes.count < ClusterFile.maximumSizes else { throw value.error("more than \(ClusterFile.maximumSizes) sizes") }
            cluster.sizes.append(try size(value))
        }
        for value in try fields["instances"]?.list() ?? [] { cluster.instances.append(try instance(value)) }
        return cluster
    }

    // MARK: Nodes

    private mutating func node(_ value: ConfigurationValue) throws(ConfigurationError) -> ClusterFile.NodeEntry {
        let fields = try value.mapping(keys: [
            "name", "count", "labels", "taints", "cpu", "memory", "disk", "devices", "reserved", "overcommit", "architecture", "traits", "vmm",
            "overhead", "cordoned",
        ])
        let pattern = try names(fields, at: value, limit: ClusterFile.maximumNodes, taken: nodeNames.count, what: "nodes")
        for name in pattern.names where !nodeNames.insert(name).inserted {
            throw try fields.required("name").error("there are two nodes with the name “\(name)”")
        }
        let total = Resources(
            cpu: try fields.required("cpu").cpu(), memory: try fields.required("memory").memory(), disk: try fields.required("disk").memory(),
            devices: try fields["devices"]?.devices() ?? [])
        guard total.cpu > .zero, total.memory > .zero else { throw value.error("a node needs some cpu and some memory") }
        let reserved = try self.reserved(fields["reserved"])
        guard reserved.cpu <= total.cpu, reserved.memory <= total.memory, reserved.disk <= total.disk else {
            throw (fields["reserved"] ?? value).error("more is reserved than the node has")
        }
        var entry = ClusterFile.NodeEntry(
            name: pattern,
            capacity: Capacity(total: total, reserved: reserved, overcommit: try fields["overcommit"]?.overcommit() ?? Capacity.Overcommit()))
        if let labels = fields["labels"] { entry.labels = try labels.labels() }
        entry.taints = try fields["taints"]?.taints() ?? []
        if let architecture = fields["architecture"] { entry.architecture = try architecture.word(Architecture.self) }
        entry.traits = try traits(fields["traits"])
        if let vmm = fields["vmm"] { entry.vmm = try vmm.vmmKind() }
        if let overhead = fields["overhead"] { entry.overhead = try overhead.memory() }
        if let cordoned = fields["cordoned"] { entry.cordoned = try cordoned.bool() }
        var room = entry.capacity.allocatable
        room.memory -= entry.overhead
        if allocatableSeen.insert(room).inserted { allocatable.append(room) }
        return entry
    }

    private func names(
        _ fields: ConfigurationMapping, at value: ConfigurationValue, limit: Int, taken: Int, what: String
    ) throws(ConfigurationError) -> NamePattern {
        let name = try fields.required("name")
        var count: Int?
        if let field = fields["count"] { count = Int(try field.integer(in: 1...Int64(limit))) }
        guard taken + (count ?? 1) <= limit else { throw value.error("more than \(limit) \(what) in all") }
        let text = try name.string()
        do { return try NamePattern(text, count: count) } catch { throw name.error(error.description) }
    }

    private func reserved(_ value: ConfigurationValue?) throws(ConfigurationError) -> Resources {
        guard let fields = try value?.mapping(keys: ["cpu", "memory", "disk", "devices"]) else { return .zero }
        return Resources(
            cpu: try fields["cpu"]?.cpu() ?? .zero, memory: try fields["memory"]?.memory() ?? .zero, disk: try fields["disk"]?.memory() ?? .zero,
            devices: try fields["devices"]?.devices() ?? [])
    }

    private func traits(_ value: ConfigurationValue?) throws(ConfigurationError) -> [String] {
        var traits: [String] = []
        for trait in try value?.list() ?? [] {
            let text = try trait.string()
            guard (try? Label(key: text, value: "")) != nil else {
                throw trait.error("“\(Printable(text, limit: 40))” is no trait: write a word such as kvm.native or cpu.avx2")
            }
            traits.append(text)
        }
        return traits
    }

    // MARK: Sizes and instances

    private mutating func size(_ value: ConfigurationValue) throws(ConfigurationError) -> Size {
        let fields = try value.mapping(keys: ["name", "cpu", "memory", "disk", "devices", "traits"])
        let name = try fields.required("name").name()
        let size = Size(name: name, resources: try resources(fields, at: value), traits: try traits(fields["traits"]))
        guard sizes.updateValue(size, forKey: name) == nil else { throw value.error("there are two sizes with the name “\(name)”") }
        try expectFit(size.resources, "the size “\(name)”", at: value)
        return size
    }

    private func resources(_ fields: ConfigurationMapping, at value: ConfigurationValue) throws(ConfigurationError) -> Resources {
        let resources = Resources(
            cpu: try fields.required("cpu").cpu(), memory: try fields.required("memory").memory(), disk: try fields["disk"]?.memory() ?? .zero,
            devices: try fields["devices"]?.devices() ?? [])
        guard resources.cpu > .zero, resources.memory > .zero else { throw value.error("cpu and memory must be above zero") }
        return resources
    }

    private func expectFit(_ need: Resources, _ what: String, at value: ConfigurationValue) throws(ConfigurationError) {
        guard !allocatable.isEmpty, !allocatable.contains(where: { $0.holds(need) }) else { return }
        throw value.error(
            "\(what) fits no node: it needs \(need.summary); the largest node gives \(allocatable.max { $0.memory < $1.memory }?.summary ?? "nothing")"
        )
    }

    private mutating func instance(_ value: ConfigurationValue) throws(ConfigurationError) -> ClusterFile.InstanceEntry {
        let fields = try value.mapping(keys: [
            "name", "count", "size", "cpu", "memory", "disk", "devices", "node", "groups", "labels", "policy", "require", "prefer", "tolerate",
            "traits",
            "architecture", "pool", "antiAffinity", "affinity", "spread", "expiresAt",
        ])
        let pattern = try names(fields, at: value, limit: ClusterFile.maximumInstances, taken: instanceNames.count, what: "instances")
        for name in pattern.names where !instanceNames.insert(name).inserted {
            throw try fields.required("name").error("there are two instances with the name “\(name)”")
        }
        var entry: ClusterFile.InstanceEntry
        if let named = fields["size"] {
            let sizeName = try named.name()
            guard let size = sizes[sizeName] else { throw named.error("there is no size “\(sizeName)” in this file") }
            for key in ["cpu", "memory", "disk", "devices"] { if let extra = fields[key] { throw extra.error("the size says this already") } }
            entry = ClusterFile.InstanceEntry(name: pattern, size: sizeName, resources: size.resources)
        } else {
            entry = ClusterFile.InstanceEntry(name: pattern, size: nil, resources: try resources(fields, at: value))
            try expectFit(entry.resources, "the instance “\(pattern.text)”", at: value)
        }
        if let node = fields["node"] {
            entry.node = try node.name()
            guard nodeNames.contains(try node.name()) else { throw node.error("there is no node “\(try node.name())” in this file") }
        }
        for group in try fields["groups"]?.list() ?? [] { entry.groups.append(try group.name()) }
        if let labels = fields["labels"] { entry.labels = try labels.labels() }
        if let policy = fields["policy"] { entry.policy = try policy.word(PlacementPolicy.self) }
        if let end = fields["expiresAt"] {
            let text = try end.string()
            guard let moment = Timestamp(text) else {
                throw end.error("“\(Printable(text, limit: 40))” is no time: write it in UTC as 2026-11-22T10:00:00.000Z")
            }
            entry.expiresAt = moment
        }
        entry.constraints = try ConstraintsReader.read(fields, traits: try traits(fields["traits"]))
        return entry
    }
}

extension Resources {
    package func holds(_ need: Self) -> Bool {
        need.cpu <= cpu && need.memory <= memory && need.disk <= disk && need.devices.allSatisfy { $0.count <= count(of: $0.name) }
    }

    /// "2 vCPU, 4 GiB memory, 20 GiB disk, 1 gpu".
    package var summary: String {
        (["\(cpu) vCPU", "\(memory) memory", "\(disk) disk"] + devices.map { "\($0.count) \($0.name)" }).joined(separator: ", ")
    }
}
