import ClusterAPI
import ClusterModel
import FoundationEssentials
import Glibc
import Logging

/// What a node is made of, found out once at start.
struct NodeMachine: Sendable {
    let vmm: any VMM
    /// Nil where there are none: VMs in memory have no disks.
    let volumes: VolumeKeeper?
    let network: any NetworkDriver
    let facts: NodeFacts
    let capacity: Capacity
    let accelerator: String

    init(
        configuration: AgentConfiguration, run: RunDirectory, agentLock: String, transport: any Transport, version: String, logger: Logger,
        signal: ChangeSignal
    ) async throws(WorkFailure) {
        let directory = configuration.dataDirectory
        capacity = configuration.capacity(machine: MachineFacts.total(dataDirectory: directory))
        guard configuration.vmm == .qemu else {
            vmm = SyntheticDriver(behaviour: configuration.synthetic)
            volumes = nil
            network = UserNetwork()
            facts = Self.syntheticFacts(version: version)
            accelerator = "none"
            return
        }
        let kvm = KVMProbe.run()
        var settings = try Self.settings(configuration, kvm)
        guard let qemuVersion = await MachineFacts.version(ofQEMU: settings.binary) else {
            throw WorkFailure("cannot execute \(settings.binary); install it with: apt-get install \(settings.architecture.package)")
        }
        settings.pinMachine(to: qemuVersion)
        settings.groups = ControlGroups.standard?.ofAgent(in: directory)
        settings.confinement = .standard
        let instances = "\(directory)/instances"
        for path in [instances, "\(directory)/images"] {
            do { try DurableFile.makeDirectory(path) } catch { throw WorkFailure(error) }
        }
        let images = ImageCache(
            root: "\(directory)/images", limit: configuration.imageCacheLimit, transport: transport, logger: logger,
            inUse: { QEMUDriver.imagesInUse(under: instances) })
        let nodeGuard = NodeGuard(
            cage: settings.cage, run: run, agentLock: agentLock, groups: settings.groups, watchdog: configuration.watchdog, logger: logger)
        let volumes = try Self.volumes(configuration, signal: signal, logger: logger)
        self.volumes = volumes
        let relay: MigrationRelay? =
            if let address = configuration.migrationAddress { try MigrationRelay(listen: address, logger: logger) } else { nil }
        network = try UserNetwork.make(configuration.network, logger: logger)
        vmm = QEMUDriver(
            settings: settings, root: instances, images: images, volumes: volumes, seeds: SeedSource(transport: transport),
            exporter: SnapshotExport(transport: transport), run: run, nodeGuard: nodeGuard, network: network, logger: logger, relay: relay)
        // Where a watchdog is to be fed the guard runs from the start, for what it can do is told to the controller.
        let isWatched = configuration.watchdog != nil ? await nodeGuard.ensure() : false
        if configuration.watchdog != nil, !isWatched { logger.warning("the watchdog does not reset this machine in time; the node is softFenced") }
        accelerator = settings.accelerator == .tcg ? "tcg" : "kvm"
        let isNative = if case .native = kvm { true } else { false }
        facts = NodeFacts(
            architecture: settings.architecture, kvm: kvm, vmm: .qemu, vmmVersion: qemuVersion, agentVersion: version,
            kernel: MachineFacts.kernel(), traits: isNative && settings.accelerator == .kvm ? MachineFacts.traits() : [],
            overhead: MachineFacts.overhead(settings), fencing: isWatched ? .watchdog : .softFenced,
            migration: relay.map { MigrationFacts(endpoint: $0.endpoint, machine: settings.machineOfGuests) }, network: network.facts)
    }

    private static func volumes(
        _ configuration: AgentConfiguration, signal: ChangeSignal, logger: Logger
    ) throws(WorkFailure) -> VolumeKeeper {
        guard let first = try? Name("default") else { throw WorkFailure("“default” is a name") }
        let places = configuration.pools ?? [(first, "\(configuration.dataDirectory)/volumes")]
        let pools = places.map { DirectoryPool(name: $0.name, directory: $0.directory) }
        for pool in pools { try pool.open() }
        return VolumeKeeper(pools: pools, signal: signal, logger: logger)
    }

    static func syntheticFacts(version: String) -> NodeFacts {
        NodeFacts(
            architecture: .x86_64, kvm: .absent, vmm: .synthetic, vmmVersion: "synthetic", agentVersion: version, kernel: MachineFacts.kernel(),
            traits: [], overhead: .zero)
    }

    static func settings(_ configuration: AgentConfiguration, _ kvm: KVMFinding) throws(WorkFailure) -> QEMUSettings {
        let architecture = configuration.architecture ?? MachineFacts.architecture()
        let accelerator: QEMUSettings.Accelerator
        switch (configuration.accelerator, kvm) {
        case (.auto, _) where architecture != MachineFacts.architecture(): accelerator = .tcg
        case (.kvm, _) where architecture != MachineFacts.architecture():
            throw WorkFailure("accelerator kvm is configured, and guests of \(architecture.rawValue) can only be emulated here; use auto or tcg")
        case (.tcg, _), (.auto, .absent), (.auto, .refused), (.auto, .emulated): accelerator = .tcg
        case (.auto, .native), (.kvm, .native): accelerator = .kvm
        case (.kvm, .emulated): accelerator = .emulatedKVM
        case (.kvm, .absent):
            throw WorkFailure("accelerator kvm is configured, and this machine has no /dev/kvm; load kvm_intel or kvm_amd, or use auto")
        case (.kvm, .refused(let reason)): throw WorkFailure("accelerator kvm is configured, and /dev/kvm can't be used: \(reason)")
        }
        var settings = QEMUSettings(
            binary: configuration.qemu ?? architecture.standardBinary, cage: try cage(configuration), accelerator: accelerator)
        settings.architecture = architecture
        settings.processor = configuration.processor
        return settings
    }

    /// The path of the cage's executable, which can be executed.
    static func cage(_ configuration: AgentConfiguration) throws(WorkFailure) -> String {
        let cage = if let path = configuration.cage { path } else { try besideExecutable("berth-cage") }
        guard access(cage, X_OK) == 0 else {
            throw WorkFailure("cannot execute \(cage); it belongs beside the berth executable, or where the configuration's “cage” says")
        }
        return cage
    }

    private static func besideExecutable(_ name: String) throws(WorkFailure) -> String {
        let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        guard let slash = path.lastIndex(of: "/") else { throw WorkFailure("cannot find the directory of the running executable") }
        return "\(path[..<slash])/\(name)"
    }
}
