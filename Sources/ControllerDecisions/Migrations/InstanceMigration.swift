import ClusterModel
import FoundationEssentials
import Placement

/// An instance on its way to another node with all that it has. Until the switch it belongs to its node as before; from the switch on to the other.
/// Both hold its room: the owner by the instance's own allocation, the peer by the reservation.
package struct InstanceMigration: Hashable, Sendable, Codable {
    package enum Phase: String, Hashable, Sendable, Codable {
        /// The receiver gets ready; the owner has been told nothing.
        case preparing
        case sending
        /// The ledger has changed the owner. What the former one holds is kept, and does not run, until the guest is seen on the new one.
        case switched
        /// The former owner takes away what it holds.
        case clearing
    }

    package var operation: OperationID
    package var live: Bool
    package var phase: Phase
    /// The receiver until the switch, the former owner from then on.
    package var peer: NodeID
    package var peerName: Name
    /// The id under which the peer's room is allocated.
    package var reservation: InstanceID
    package var held: Resources
    package var decidedAt: Timestamp
    /// Of the reservation's step: the decision is explained from there.
    package var revision: Int64
    package var limits: MigrationLimits
    package var endpoint: String
    package var secret: String?
    package var handedOver = false
    package var received = false
    /// Of the switch.
    package var generation: Int64?

    package static let preparingLimit = Milliseconds(seconds: 1800)
    /// Failures in a row after which a drain goes another way.
    package static let failuresOfDrain = 3

    /// Before the ledger has changed the owner.
    package var isOpen: Bool { phase == .preparing || phase == .sending }

    init(
        operation: OperationID, live: Bool, to target: Node, endpoint: String, reservation: InstanceID, held: Resources, decidedAt: Timestamp,
        revision: Int64, limits: MigrationLimits
    ) {
        self.operation = operation
        self.live = live
        phase = .preparing
        peer = target.id
        peerName = target.name
        self.endpoint = endpoint
        self.reservation = reservation
        self.held = held
        self.decidedAt = decidedAt
        self.revision = revision
        self.limits = limits
    }

    func order(_ part: MigrationOrder.Part) -> MigrationOrder {
        let sends = part == .send
        return MigrationOrder(
            id: operation, part: part, live: live, endpoint: sends ? endpoint : nil, secret: sends ? secret : nil, limits: limits)
    }
}

extension InstanceID {
    /// Of the room that an instance holds on a second node. A UUID of version 8, so that no random one is the same.
    init(reservedFor instance: InstanceID) {
        var bytes = instance.rawValue.uuid
        withUnsafeMutableBytes(of: &bytes) { bytes in
            bytes[6] = bytes[6] & 0x0F | 0x80
            bytes[0] ^= 0xFF
        }
        self.init(UUID(uuid: bytes))
    }
}

extension InstanceRecord {
    package var isMigrating: Bool { migration?.isOpen ?? false }

    /// The room that it holds, on its node and on the other of its migration.
    package var allocations: [Allocation] {
        guard let placement = instance.placement else { return [] }
        func allocation(_ id: InstanceID, _ node: NodeID, _ resources: Resources) -> Allocation {
            Allocation(
                instance: id, node: node, resources: resources, groups: instance.spec.groups,
                apart: instance.spec.constraints.antiAffinity.filter(\.hard), expiresAt: instance.spec.expiresAt)
        }
        let own = allocation(id, placement.node, placement.allocation)
        return [own] + (migration.map { [allocation($0.reservation, $0.peer, $0.held)] } ?? [])
    }

    /// What the other node of its migration is told.
    var desiredOfPeer: DesiredInstance? {
        guard let migration, !isQuarantined else { return nil }
        var told = told
        switch migration.phase {
        case .preparing, .sending: told.migration = migration.order(.receive)
        case .switched:
            told.generation = (migration.generation ?? told.generation) - 1
            told.desired = .stopped
            told.stopTimeout = .zero
        case .clearing: return nil
        }
        return told
    }
}

extension Command {
    package struct Migrate: Sendable {
        package var operation: OperationID
        /// Nil: the best that placement finds.
        package var target: NodeKey?
        /// Nil: as the instance is, running or stopped.
        package var live: Bool?
        package var limits: MigrationLimits
        package init(operation: OperationID, target: NodeKey? = nil, live: Bool? = nil, limits: MigrationLimits = MigrationLimits()) {
            self.operation = operation
            self.target = target
            self.live = live
            self.limits = limits
        }
    }
}
