/// A machine that runs an agent.
package struct Node: Hashable, Sendable, Codable {
    package var id: NodeID
    package var name: Name
    package var labels: Labels
    package var taints: [Taint]
    package var facts: NodeFacts
    package var capacity: Capacity
    package var cordoned: Bool
    /// Its instances are being moved away or stopped; it is cordoned meanwhile and afterwards.
    package var draining: Bool
    /// What the drain was asked to do; nil where there is none.
    package var drain: DrainOrder?
    package var health: Health
    /// Nil while it is heard from.
    package var silence: NodeSilence?
    package var registeredAt: Timestamp
    package var pools: [StoragePool]

    /// What is known of a node from the age of its last sync. Unreachable is not dead.
    package enum Health: String, Hashable, Sendable, Codable, CaseIterable {
        case alive
        case suspect
        case lost
    }

    package init(
        id: NodeID, name: Name, labels: Labels, taints: [Taint], facts: NodeFacts, capacity: Capacity, cordoned: Bool,
        draining: Bool = false, drain: DrainOrder? = nil, health: Health, silence: NodeSilence? = nil, registeredAt: Timestamp,
        pools: [StoragePool] = []
    ) {
        self.id = id
        self.name = name
        self.labels = labels
        self.taints = taints
        self.facts = facts
        self.capacity = capacity
        self.cordoned = cordoned
        self.draining = draining
        self.drain = drain
        self.health = health
        self.silence = silence
        self.registeredAt = registeredAt
        self.pools = pools
    }

    /// Also reads what was stored before nodes could drain and silence was recorded.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.decode(NodeID.self, forKey: .id)
        name = try fields.decode(Name.self, forKey: .name)
        labels = try fields.decode(Labels.self, forKey: .labels)
        taints = try fields.decode([Taint].self, forKey: .taints)
        facts = try fields.decode(NodeFacts.self, forKey: .facts)
        capacity = try fields.decode(Capacity.self, forKey: .capacity)
        cordoned = try fields.decode(Bool.self, forKey: .cordoned)
        draining = try fields.decodeIfPresent(Bool.self, forKey: .draining) ?? false
        drain = try fields.decodeIfPresent(DrainOrder.self, forKey: .drain)
        health = try fields.decode(Health.self, forKey: .health)
        silence = try fields.decodeIfPresent(NodeSilence.self, forKey: .silence)
        registeredAt = try fields.decode(Timestamp.self, forKey: .registeredAt)
        pools = try fields.decodeIfPresent([StoragePool].self, forKey: .pools) ?? []
    }
}

/// Room that a node gives to instances: (total - reserved) * ratio, rounded down.
package struct Capacity: Hashable, Sendable, Codable {
    package var total: Resources
    package var reserved: Resources
    package var overcommit: Overcommit

    /// Ratios in hundredths: 150 lets one and a half times the real amount be allocated. Devices are never overcommitted.
    package struct Overcommit: Hashable, Sendable, Codable {
        package var cpuPercent: Int64
        package var memoryPercent: Int64
        package var diskPercent: Int64
        package init(cpuPercent: Int64 = 100, memoryPercent: Int64 = 100, diskPercent: Int64 = 100) {
            self.cpuPercent = cpuPercent
            self.memoryPercent = memoryPercent
            self.diskPercent = diskPercent
        }
    }

    package init(total: Resources, reserved: Resources = .zero, overcommit: Overcommit = Overcommit()) {
        self.total = total
        self.reserved = reserved
        self.overcommit = overcommit
    }

    /// What may be allocated; never below zero.
    package var allocatable: Resources {
        let left = total - reserved
        func scaled(_ amount: Int64, _ percent: Int64) -> Int64 { max(0, amount) * percent / 100 }
        return Resources(
            cpu: MilliCPU(scaled(left.cpu.count, overcommit.cpuPercent)), memory: MiB(scaled(left.memory.count, overcommit.memoryPercent)),
            disk: MiB(scaled(left.disk.count, overcommit.diskPercent)),
            devices: left.devices.map { .init(name: $0.name, count: max(0, $0.count)) })
    }
}

/// What an agent found on its machine.
package struct NodeFacts: Hashable, Sendable, Codable {
    package var architecture: Architecture
    package var kvm: KVMFinding
    package var vmm: VMMKind
    package var vmmVersion: String
    package var agentVersion: String
    package var kernel: String
    /// Named abilities that a size or request may require: "kvm.native", "cpu.avx2".
    package var traits: [String]
    /// Memory that one VMM takes beside its guest's own; added to each allocation.
    package var overhead: MiB
    package var fencing: Fencing
    /// Nil where it takes part in no migration.
    package var migration: MigrationFacts?
    /// Nil where nothing is known of it.
    package var network: NodeNetwork?

    private enum CodingKeys: String, CodingKey {
        case architecture, kvm, vmm, vmmVersion, agentVersion, kernel, traits, fencing, migration, network
        case overhead = "overheadMiB"
    }

    package init(
        architecture: Architecture, kvm: KVMFinding, vmm: VMMKind, vmmVersion: String, agentVersion: String, kernel: String, traits: [String],
        overhead: MiB, fencing: Fencing = .softFenced, migration: MigrationFacts? = nil, network: NodeNetwork? = nil
    ) {
        self.architecture = architecture
        self.kvm = kvm
        self.vmm = vmm
        self.vmmVersion = vmmVersion
        self.agentVersion = agentVersion
        self.kernel = kernel
        self.traits = traits
        self.overhead = overhead
        self.fencing = fencing
        self.migration = migration
        self.network = network
    }

    /// Also reads what was stored before there was fencing.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        architecture = try fields.decode(Architecture.self, forKey: .architecture)
        kvm = try fields.decode(KVMFinding.self, forKey: .kvm)
        vmm = try fields.decode(VMMKind.self, forKey: .vmm)
        vmmVersion = try fields.decode(String.self, forKey: .vmmVersion)
        agentVersion = try fields.decode(String.self, forKey: .agentVersion)
        kernel = try fields.decode(String.self, forKey: .kernel)
        traits = try fields.decode([String].self, forKey: .traits)
        overhead = try fields.decode(MiB.self, forKey: .overhead)
        fencing = try fields.decodeIfPresent(Fencing.self, forKey: .fencing) ?? .softFenced
        migration = try fields.decodeIfPresent(MigrationFacts.self, forKey: .migration)
        network = try fields.decodeIfPresent(NodeNetwork.self, forKey: .network)
    }
}

/// What ends a fenced instance when its cage can't.
package enum Fencing: String, Hashable, Sendable, Codable {
    /// The node guard alone: a machine on which cage and guard both hang is covered by nothing.
    case softFenced
    /// A hardware watchdog that the guard feeds resets the machine.
    case watchdog
}

package enum VMMKind: String, Hashable, Sendable, Codable { case qemu, synthetic }
