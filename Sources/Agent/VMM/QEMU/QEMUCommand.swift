import ClusterModel
import FoundationEssentials

/// The words that QEMU is started with. Nothing that a person wrote is in them but numbers; files are named relative to the instance's directory.
package struct QEMUCommand {
    package var settings: QEMUSettings
    package var instance: DesiredInstance
    package var image: CachedImage
    package var network: GuestNetwork
    /// Of the instance's volumes, with the files that they are.
    package var volumes: [(volume: AttachedVolume, path: String)] = []

    /// How many devices can come while the guest runs: each needs a port of its own.
    static let ports = AttachedVolume.ports
    private static let portSlot = "0x10"

    package var words: [String] {
        var words = [settings.binary, "-nodefaults", "-no-user-config", "-display", "none"]
        words += ["-name", "\(instance.id)", "-uuid", "\(instance.id)"]
        words += acceleration + shape
        words += ["-smbios", "type=1,manufacturer=Berth,product=Berth instance,serial=\(instance.id),family=cloud-init"]
        words += ["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"]
        for socket in [InstanceDirectory.File.control, .shutdownControl] { words += ["-qmp", "unix:\(socket.rawValue),server=on,wait=off"] }
        // Descriptor 3 is a socket whose other end the cage holds.
        words += ["-chardev", "socket,id=console,fd=3", "-serial", "chardev:console"]
        words += drive("seed", format: .raw, file: .seed, isReadOnly: true)
        switch image {
        case .linux(let kernel, let initrd):
            words += ["-kernel", kernel, "-initrd", initrd, "-append", "console=\(settings.architecture.serial) quiet panic=-1"]
        case .disk: words += drive("root", format: .qcow2, file: .disk, isReadOnly: false, more: ",bootindex=0")
        }
        words += portWords + volumes.enumerated().flatMap { volumeWords($1.volume, $1.path, port: $1.volume.port ?? $0) }
        // Descriptor 4 is the guest's tap device, opened by the agent.
        let isBridged = network.bridged != nil
        words += ["-netdev", isBridged ? "tap,id=net0,fd=4" : "user,id=net0,net=\(GuestNetwork.user.subnet),ipv6=off"]
        words += ["-device", "virtio-net-pci,netdev=net0,mac=\(network.mac),romfile="]
        words += ["-device", "virtio-rng-pci", "-device", "virtio-balloon-pci,free-page-reporting=on,deflate-on-oom=on"]
        words += ["-chardev", "socket,id=agent,path=\(InstanceDirectory.File.guestAgent.rawValue),server=on,wait=off"]
        words += ["-device", "virtio-serial-pci", "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"]
        // A panic ends the VMM with a status, which is seen even when no agent runs.
        words += ["-device", "pvpanic-pci", "-action", "panic=exit-failure"]
        if instance.migration?.part == .receive { words += ["-incoming", "defer", "-S"] }
        return words + settings.moreArguments
    }

    /// The translation buffer is given explicitly: its default is a quarter of the machine's memory for each VM.
    private var acceleration: [String] {
        if settings.architecture == .aarch64 { return arm }
        return switch settings.accelerator {
        case .tcg: ["-accel", "tcg,tb-size=\(settings.translationBuffer.count)", "-cpu", "qemu64-v1", "-machine", settings.machine]
        case .kvm: ["-accel", "kvm", "-cpu", settings.processor, "-machine", settings.machine]
        // The software backends that were seen abort on unknown registers and can't run nested guests.
        case .emulatedKVM: ["-accel", "kvm", "-cpu", "qemu64,-svm", "-machine", "pc"]
        }
    }

    /// Pointer authentication by a quick rule of QEMU's own: the architecture's costs TCG half its speed.
    private var arm: [String] {
        switch settings.accelerator {
        case .tcg: ["-accel", "tcg,tb-size=\(settings.translationBuffer.count)", "-machine", "virt", "-cpu", "max,pauth-impdef=on"]
        case .kvm, .emulatedKVM: ["-accel", "kvm", "-cpu", "host", "-machine", "virt,gic-version=host"]
        }
    }

    private var shape: [String] {
        let processors = max(1, (instance.resources.cpu.count + 999) / 1000)
        return ["-smp", "\(processors)", "-m", "\(max(1, instance.resources.memory.count))"]
    }

    private var portWords: [String] {
        guard settings.hasPorts else { return [] }
        return (0..<Self.ports).flatMap { port in
            let more = port == 0 ? ",multifunction=on" : ""
            return ["-device", "pcie-root-port,id=port\(port),chassis=\(port + 1),bus=pcie.0,addr=\(Self.portSlot).\(port)\(more)"]
        }
    }

    private func volumeWords(_ volume: AttachedVolume, _ path: String, port: Int) -> [String] {
        let node = BlockNode(
            driver: volume.place.format.rawValue, name: volume.nodeName, isReadOnly: false, discard: "unmap",
            file: .init(driver: "file", filename: path))
        let bus = settings.hasPorts ? ",bus=port\(port)" : ""
        let serial = volume.id.description.filter { $0 != "-" }.prefix(20)
        return [
            "-blockdev", Self.json(node), "-device",
            "virtio-blk-pci,id=\(volume.nodeName),drive=\(volume.nodeName),serial=\(serial)\(bus)",
        ]
    }

    private static func json(_ node: BlockNode) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(node)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private func drive(_ name: String, format: Image.Format, file: InstanceDirectory.File, isReadOnly: Bool, more: String = "") -> [String] {
        let node = BlockNode(
            driver: format.rawValue, name: name, isReadOnly: isReadOnly, discard: isReadOnly ? nil : "unmap",
            file: .init(driver: "file", filename: file.rawValue))
        return ["-blockdev", Self.json(node), "-device", "virtio-blk-pci,drive=\(name)\(more)"]
    }

    private struct BlockNode: Encodable {
        var driver: String
        var name: String
        var isReadOnly: Bool
        var discard: String?
        var file: File

        struct File: Encodable {
            var driver: String
            var filename: String
        }

        enum CodingKeys: String, CodingKey { case driver, name = "node-name", isReadOnly = "read-only", discard, file }
    }
}

package struct QEMUSettings: Sendable {
    package enum Accelerator: Sendable {
        case tcg
        /// On hardware.
        case kvm
        /// KVM's interface over an emulation.
        case emulatedKVM
    }

    package var binary: String
    package var cage: String
    package var accelerator: Accelerator
    /// Of the guests.
    package var architecture = Architecture.x86_64
    package var translationBuffer = MiB(32)
    /// Of each of the two files that a console's log rotates through.
    package var consoleLimit = 1 << 20
    package var moreArguments: [String] = []
    package var groups = ControlGroups.standard
    /// With its version, so that two nodes mean the same.
    package var machine = "q35"
    /// That guests see under KVM; `host` is the machine's own.
    package var processor = Self.ownProcessor

    /// The machine that is made for software backends of KVM's interface has no PCI Express.
    var hasPorts: Bool { accelerator != .emulatedKVM || architecture == .aarch64 }

    package init(binary: String, cage: String, accelerator: Accelerator) {
        self.binary = binary
        self.cage = cage
        self.accelerator = accelerator
    }
}

extension QEMUSettings {
    package static let ownProcessor = "host"
    /// With its version, and with what servers since 2011 have, of Intel and of AMD: x86-64-v2 and AES. Machines of many years can take over
    /// each other's guests with it.
    package static let pooledProcessor = "Westmere-v1"
    private static let pooledAbilities: Set = [
        "aes", "cx16", "fxsr", "lahf_lm", "lm", "nx", "pclmulqdq", "pni", "popcnt", "sse4_1", "sse4_2", "ssse3", "syscall",
    ]

    /// What guests see where the configuration names no processor, by the flags of this machine's.
    package static func standardProcessor(flags: Set<String>) -> String { pooledAbilities.isSubset(of: flags) ? pooledProcessor : ownProcessor }

    /// "7.2.22" makes pc-q35-7.2; other architectures and backends keep theirs.
    mutating func pinMachine(to version: String) {
        let parts = version.split(separator: ".").prefix(2)
        guard architecture == .x86_64, parts.count == 2, parts.allSatisfy({ Int($0) != nil }) else { return }
        machine = "pc-q35-\(parts.joined(separator: "."))"
    }

    /// What a guest sees of the machine under it: a running one goes only where all of it is the same.
    var machineOfGuests: String {
        switch accelerator {
        case .tcg: "tcg \(machine) \(architecture == .aarch64 ? "max" : "qemu64")"
        case .kvm where architecture == .aarch64 || processor == Self.ownProcessor: "kvm \(machine) host \(MachineFacts.processor())"
        case .kvm: "kvm \(machine) \(processor)"
        case .emulatedKVM: "kvm pc qemu64,-svm"
        }
    }
}

extension Architecture {
    var standardBinary: String { "/usr/bin/qemu-system-\(rawValue)" }

    /// Debian's, that has the binary.
    var package: String { self == .aarch64 ? "qemu-system-arm" : "qemu-system-x86" }

    fileprivate var serial: String { self == .aarch64 ? "ttyAMA0" : "ttyS0" }
}
