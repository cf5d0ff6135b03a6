import ClusterModel
import Logging
import StrictYAML

/// `agent.yaml`.
package struct AgentConfiguration: Sendable {
    package enum Accelerator: String, Sendable, CaseIterable { case auto, kvm, tcg }

    /// A device that resets the machine when nobody has spoken to it for a while.
    package struct Watchdog: Hashable, Sendable {
        package var device: String
        /// Within the time that the lease gives for the end of its instances.
        package var within: Milliseconds
        package init(device: String, within: Milliseconds) {
            self.device = device
            self.within = within
        }
    }

    /// The controller's URL.
    package var controller: String
    package var name: Name
    package var dataDirectory: String
    package var labels = Labels()
    package var taints: [Taint] = []
    package var vmm = VMMKind.qemu
    /// `auto`: KVM where the probe finds it native, TCG otherwise.
    package var accelerator = Accelerator.auto
    /// Where nil, what the machine has.
    package var cpu: MilliCPU?
    package var memory: MiB?
    package var disk: MiB?
    package var devices: [Resources.DeviceCount] = []
    /// Where nil, a share that keeps the machine alive.
    package var reservedCPU: MilliCPU?
    package var reservedMemory: MiB?
    package var reservedDisk: MiB?
    package var overcommit = Capacity.Overcommit()
    package var qemu: String?
    /// Of the guests; where nil, the machine's. Any other is emulated by TCG.
    package var architecture: Architecture?
    /// Where nil, `berth-cage` beside the running executable.
    package var cage: String?
    package var imageCacheLimit = MiB(20 << 10)
    package var synthetic = SyntheticBehaviour()
    /// Directories for volumes, by their names; where nil, `volumes` in the data directory as “default”.
    package var pools: [(name: Name, directory: String)]?
    /// How long guests have when the machine goes down.
    package var shutdownTimeout = Milliseconds(seconds: 60)
    /// No longer lease than this one is believed; nil: whatever the controller grants.
    package var lease: LeaseTiming?
    /// Where nil, in memory where there is some.
    package var runDirectory: String?
    /// Nil: the machine is not reset, and the node is `softFenced`.
    package var watchdog: Watchdog?
    /// Where other agents send instances to, "10.0.0.5:7481"; nil: the node takes part in no migration.
    package var migrationAddress: String?
    /// Under KVM the processor that guests see, such as `Nehalem-v1`, or `host` for the machine's own; nil: one that most machines can be.
    package var processor: String?
    /// Nil: user networking.
    package var network: NetworkSettings?
    package var logLevel = Logger.Level.info

    private static let keys = [
        "controller", "name", "dataDirectory", "labels", "taints", "vmm", "accelerator", "capacity", "reserved", "overcommit", "qemu", "architecture",
        "cage", "pools",
        "imageCache", "synthetic", "shutdownTimeout", "lease", "runDirectory", "watchdog", "network", "logLevel", "migration",
        "processor",
    ]

    package init(controller: String, name: Name, dataDirectory: String) {
        self.controller = controller
        self.name = name
        self.dataDirectory = dataDirectory
    }

    package init(text: String, file: String) throws(ConfigurationError) {
        let root = try ConfigurationDocument(text: text, file: file).root.mapping(keys: Self.keys)
        controller = try Self.url(root.required("controller"))
        name = try root.required("name").name()
        dataDirectory = try Self.absolutePath(root.required("dataDirectory"))
        if let value = root["labels"] { labels = try value.labels() }
        if let value = root["taints"] { taints = try value.taints().sorted() }
        if let value = root["vmm"] { vmm = try value.vmmKind() }
        if let value = root["accelerator"] { accelerator = try value.word(Accelerator.self) }
        if let value = root["capacity"] { try readCapacity(value) }
        if let value = root["reserved"] { try readReserved(value) }
        if let value = root["overcommit"] { overcommit = try value.overcommit() }
        if let value = root["qemu"] { qemu = try Self.absolutePath(value) }
        if let value = root["architecture"] { architecture = try value.word(Architecture.self) }
        if let value = root["cage"] { cage = try Self.absolutePath(value) }
        if let value = root["imageCache"], let limit = try value.mapping(keys: ["limit"])["limit"] { imageCacheLimit = try limit.memory() }
        if let value = root["pools"] { pools = try Self.pools(value) }
        if let value = root["synthetic"] { synthetic = try SyntheticBehaviour(value) }
        if let value = root["shutdownTimeout"] { shutdownTimeout = try value.time() }
        if let value = root["lease"] { lease = try value.leaseTiming() }
        if let value = root["runDirectory"] { runDirectory = try Self.absolutePath(value) }
        if let value = root["watchdog"] {
            watchdog = Watchdog(device: try Self.absolutePath(value), within: (lease ?? .standard).kill)
        }
        if let value = root["migration"] { migrationAddress = try Self.endpoint(try value.mapping(keys: ["listen"]).required("listen")) }
        if let value = root["processor"] { processor = try Self.processorName(value) }
        if let value = root["network"] { network = try NetworkSettings(value) }
        if let value = root["logLevel"] { logLevel = try value.word(Logger.Level.self) }
    }

    package init(contentsOf path: String) throws(ConfigurationError) {
        try self.init(text: try ConfigurationFile.text(path), file: path)
    }

    private static func url(_ value: ConfigurationValue) throws(ConfigurationError) -> String {
        let text = try value.string()
        guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
            throw value.error("“\(Printable(text, limit: 80))” is no URL: write one such as http://127.0.0.1:7480")
        }
        return text
    }

    private static func absolutePath(_ value: ConfigurationValue) throws(ConfigurationError) -> String {
        let text = try value.string()
        guard text.hasPrefix("/"), !text.contains("\0") else {
            throw value.error("“\(Printable(text, limit: 80))” is no absolute path: begin with “/”")
        }
        return text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private static func pools(_ value: ConfigurationValue) throws(ConfigurationError) -> [(name: Name, directory: String)] {
        var pools: [(name: Name, directory: String)] = []
        for item in try value.list() {
            let fields = try item.mapping(keys: ["name", "directory"])
            let name = try fields.required("name").name()
            let directory = try absolutePath(fields.required("directory"))
            guard !pools.contains(where: { $0.name == name || $0.directory == directory }) else {
                throw item.error("the pool “\(name)” or its directory is named twice")
            }
            pools.append((name, directory))
        }
        return pools
    }

    private static func endpoint(_ value: ConfigurationValue) throws(ConfigurationError) -> String {
        let text = try value.string()
        guard TCPSocket.parts(of: text) != nil else {
            throw value.error("“\(Printable(text, limit: 80))” is no address with a port: write one such as 10.0.0.5:7481")
        }
        return text
    }

    private static func processorName(_ value: ConfigurationValue) throws(ConfigurationError) -> String {
        let text = try value.string()
        guard !text.isEmpty,
            text.utf8.allSatisfy({
                $0 == 0x2D || $0 == 0x2E || $0 == 0x5F || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
            })
        else {
            throw value.error("“\(Printable(text, limit: 80))” is no processor model: write one that “qemu-system-x86_64 -cpu help” names")
        }
        return text
    }

    private mutating func readCapacity(_ value: ConfigurationValue) throws(ConfigurationError) {
        let fields = try value.mapping(keys: ["cpu", "memory", "disk", "devices"])
        cpu = try fields["cpu"]?.cpu()
        memory = try fields["memory"]?.memory()
        disk = try fields["disk"]?.memory()
        devices = try fields["devices"]?.devices() ?? []
    }

    private mutating func readReserved(_ value: ConfigurationValue) throws(ConfigurationError) {
        let fields = try value.mapping(keys: ["cpu", "memory", "disk"])
        reservedCPU = try fields["cpu"]?.cpu()
        reservedMemory = try fields["memory"]?.memory()
        reservedDisk = try fields["disk"]?.memory()
    }

    /// What the node offers: the configured amounts over the machine's.
    func capacity(machine: Resources) -> Capacity {
        let total = Resources(cpu: cpu ?? machine.cpu, memory: memory ?? machine.memory, disk: disk ?? machine.disk, devices: devices)
        let keep = MachineFacts.reserved(of: machine)
        // Who states a capacity has already left out what the machine needs for itself.
        return Capacity(
            total: total,
            reserved: Resources(
                cpu: reservedCPU ?? (cpu == nil ? keep.cpu : .zero), memory: reservedMemory ?? (memory == nil ? keep.memory : .zero),
                disk: reservedDisk ?? (disk == nil ? keep.disk : .zero)),
            overcommit: overcommit)
    }
}

/// How VMs in memory behave.
package struct SyntheticBehaviour: Hashable, Sendable {
    package var startDelay = Milliseconds(20)
    package var stopDelay = Milliseconds(20)
    /// Every n-th start fails; nil: none.
    package var failEvery: Int64?

    package init() {}

    init(_ value: ConfigurationValue) throws(ConfigurationError) {
        let fields = try value.mapping(keys: ["startDelay", "stopDelay", "failEvery"])
        if let delay = fields["startDelay"] { startDelay = try delay.time() }
        if let delay = fields["stopDelay"] { stopDelay = try delay.time() }
        failEvery = try fields["failEvery"]?.integer(in: 1...1_000_000_000)
    }
}
