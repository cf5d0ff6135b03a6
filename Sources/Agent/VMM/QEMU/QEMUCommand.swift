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
    /// What the root disk is an overlay of; nil where it is none.
    package var base: (path: String, format: Image.Format)?

    /// What QEMU is given for these words: it opens no disk by itself.
    package var grant: VMMGrant {
        var grant = VMMGrant()
        grant.sockets = Self.sockets
        grant.files = files
        grant.fileSize = FileSizeLimit.bytes(of: instance)
        grant.processes += processors
        grant.shown = Confinement.shown(to: settings.binary)
        if case .linux(let kernel, let initrd) = image { grant.shown += [kernel, initrd] }
        if network.bridged == nil { grant.shown.append(Confinement.resolver) }
        grant.devices = Confinement.devices + (settings.accelerator == .tcg ? [] : [Confinement.accelerator])
        return grant
    }

    private static let sockets = [InstanceDirectory.File.control, .shutdownControl, .guestAgent]
    private static let firstFile = VMMGrant.firstDescriptor + sockets.count

    private var files: [VMMGrant.File] {
        var files = [VMMGrant.File(path: InstanceDirectory.File.seed.rawValue, isWritable: false)]
        if case .disk = image { files.append(.init(path: InstanceDirectory.File.disk.rawValue, isWritable: true)) }
        if let base { files.append(.init(path: base.path, isWritable: false)) }
        return files + volumes.map { .init(path: $0.path, isWritable: true) }
    }

    /// As QEMU calls a file that it was given.
    private func name(of path: String) -> String { "/dev/fdset/\((files.firstIndex { $0.path == path } ?? 0) + 1)" }

    /// How many devices can come while the guest runs: each needs a port of its own.
    static let ports = 8
    private static let portSlot = "0x10"

    package var words: [String] {
        var words = [settings.binary, "-nodefaults", "-no-user-config", "-display", "none"]
        words += ["-name", "\(instance.id)", "-uuid", "\(instance.id)"]
        words += acceleration + shape
        words += ["-smbios", "type=1,manufacturer=Berth,product=Berth instance,serial=\(instance.id),family=cloud-init"]
        words += ["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"]
        for (place, name) in ["control", "shutdown"].enumerated() {
            words += ["-chardev", "socket,id=\(name),fd=\(VMMGrant.firstDescriptor + place),server=on,wait=off"]
            words += ["-mon", "chardev=\(name),mode=control"]
        }
        for place in files.indices { words += ["-add-fd", "fd=\(Self.firstFile + place),set=\(place + 1)"] }
        // Descriptor 3 is a socket whose other end the cage holds.
        words += ["-chardev", "socket,id=console,fd=3", "-serial", "chardev:console"]
        words += drive("seed", format: .raw, file: .seed, isReadOnly: true)
        switch image {
        case .linux(let kernel, let initrd):
            words += ["-kernel", kernel, "-initrd", initrd, "-append", "console=\(settings.architecture.serial) quiet panic=-1"]
        case .disk: words += drive("root", format: .qcow2, file: .disk, isReadOnly: false, more: ",bootindex=0")
        }
        words += portWords + volumes.enumerated().flatMap { volumeWords($1.volume, $1.path, port: $0) }
        // Descriptor 4 is the guest's tap device, opened by the agent.
        let isBridged = network.bridged != nil
        words += ["-netdev", isBridged ? "tap,id=net0,fd=4" : "user,id=net0,net=\(GuestNetwork.user.subnet),ipv6=off"]
        words += ["-device", "virtio-net-pci,netdev=net0,mac=\(network.mac),romfile="]
        words += ["-device", "virtio-rng-pci", "-device", "virtio-balloon-pci,free-page-reporting=on,deflate-on-oom=on"]
        words += ["-chardev", "socket,id=agent,fd=\(VMMGrant.firstDescriptor + 2),server=on,wait=off"]
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
        case .tcg: ["-accel", "tcg,tb-size=\(settings.translationBuffer.count)", "-cpu", "qemu64", "-machine", settings.machine]
        case .kvm: ["-accel", "kvm", "-cpu", settings.processor ?? "host", "-machine", settings.machine]
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

    private var processors: Int { Int(clamping: max(1, (instance.resources.cpu.count + 999) / 1000)) }

    private var shape: [String] {
        ["-smp", "\(processors)", "-m", "\(max(1, instance.resources.memory.count))"]
    }

    private var portWords: [String] {
        guard settings.hasPorts else { return [] }
        return (0..<Self.ports).flatMap { port in
            let more = port == 0 ? ",multifunction=on" : ""
            return ["-device", "pcie-root-port,id=port\(port),chassis=\(port + 1),bus=pcie.0,addr=\(Self.portSlot).\(port)\(more)"]
        }
    }

    private func volumeWords(_ volume: AttachedVolume, _ path: String, port: Int) -> [String] {
        let node = BlockNode(driver: volume.place.format.rawValue, name: volume.nodeName, isReadOnly: false, file: name(of: path))
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
        var node = BlockNode(driver: format.rawValue, name: name, isReadOnly: isReadOnly, file: self.name(of: file.rawValue))
        if file == .disk, let base {
            // Said here, so that what the disk's header says is not followed.
            node.backing = [BlockNode(driver: base.format.rawValue, name: "base", isReadOnly: true, file: self.name(of: base.path))]
        }
        return ["-blockdev", Self.json(node), "-device", "virtio-blk-pci,drive=\(name)\(more)"]
    }

    private struct BlockNode: Encodable {
        var driver: String
        var name: String
        var isReadOnly: Bool
        var file: String
        /// One at most: a value can't hold itself.
        var backing: [BlockNode] = []

        struct File: Encodable {
            var driver = "file"
            var filename: String
        }

        enum CodingKeys: String, CodingKey { case driver, name = "node-name", isReadOnly = "read-only", discard, file, backing }

        func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            try fields.encode(driver, forKey: .driver)
            try fields.encode(name, forKey: .name)
            try fields.encode(isReadOnly, forKey: .isReadOnly)
            if !isReadOnly { try fields.encode("unmap", forKey: .discard) }
            try fields.encode(File(filename: file), forKey: .file)
            if let first = backing.first { try fields.encode(first, forKey: .backing) }
        }
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
    /// Nil: a VMM has the agent's user and sees its files.
    package var confinement: Confinement?
    /// With its version, so that two nodes mean the same.
    package var machine = "q35"
    /// Nil: under KVM the machine's own.
    package var processor: String?

    /// The machine that is made for software backends of KVM's interface has no PCI Express.
    var hasPorts: Bool { accelerator != .emulatedKVM || architecture == .aarch64 }

    package init(binary: String, cage: String, accelerator: Accelerator) {
        self.binary = binary
        self.cage = cage
        self.accelerator = accelerator
    }
}

extension QEMUSettings {
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
        case .kvm: "kvm \(machine) \(processor ?? "host \(MachineFacts.processor())")"
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
