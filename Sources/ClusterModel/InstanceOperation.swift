/// Work that a request began and that goes on after its answer.
package struct InstanceOperation: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case launch, start, stop, reboot, delete, move, migrate
        case attach, detach, grow, snapshot, deleteSnapshot, restore, export, resize, rebuild
    }
    package enum State: String, Hashable, Sendable, Codable, CaseIterable { case running, succeeded, failed, cancelled }

    package var id: OperationID
    package var kind: Kind
    package var instance: InstanceID
    package var instanceName: Name
    /// Nil in what was stored before operations said it.
    package var project: Name?
    /// The spec generation whose being observed ends it.
    package var generation: Int64
    package var state: State
    package var message: String?
    package var createdAt: Timestamp
    package var finishedAt: Timestamp?
    /// Of a migration that is under way.
    package var progress: TransferProgress?

    package init(
        id: OperationID, kind: Kind, instance: InstanceID, instanceName: Name, project: Name? = nil, generation: Int64, state: State = .running,
        message: String? = nil, createdAt: Timestamp, finishedAt: Timestamp? = nil
    ) {
        self.id = id
        self.kind = kind
        self.instance = instance
        self.instanceName = instanceName
        self.project = project
        self.generation = generation
        self.state = state
        self.message = message
        self.createdAt = createdAt
        self.finishedAt = finishedAt
    }
}
