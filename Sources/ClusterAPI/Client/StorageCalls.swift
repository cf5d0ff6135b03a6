import ClusterModel

extension APIClient {
    package func volumes() -> PagedList<Volume> { PagedList(client: self, route: .listVolumes, query: [:]) }
    /// `volume` is an id or a name.
    package func volume(_ volume: String) async throws -> Volume { try await get(.showVolume, Route.showVolume.path(volume)) }
    package func create(_ request: VolumeRequest) async throws -> VolumeAnswer {
        try await change(.createVolume, Route.createVolume.path(), body: request)
    }
    package func update(volume: String, _ request: VolumeUpdateRequest) async throws -> VolumeAnswer {
        try await change(.updateVolume, Route.updateVolume.path(volume), body: request)
    }
    package func delete(volume: String) async throws -> VolumeAnswer { try await change(.deleteVolume, Route.deleteVolume.path(volume)) }
    package func attach(volume: String, to instance: String) async throws -> VolumeAnswer {
        try await change(.attachVolume, Route.attachVolume.path(volume), body: AttachRequest(instance: instance))
    }
    package func detach(volume: String) async throws -> VolumeAnswer { try await change(.detachVolume, Route.detachVolume.path(volume)) }

    package func snapshots() -> PagedList<Snapshot> { PagedList(client: self, route: .listSnapshots, query: [:]) }
    package func snapshot(_ snapshot: String) async throws -> Snapshot { try await get(.showSnapshot, Route.showSnapshot.path(snapshot)) }
    package func create(_ request: SnapshotRequest) async throws -> SnapshotAnswer {
        try await change(.createSnapshot, Route.createSnapshot.path(), body: request)
    }
    package func delete(snapshot: String) async throws -> SnapshotAnswer {
        try await change(.deleteSnapshot, Route.deleteSnapshot.path(snapshot))
    }
    package func restore(snapshot: String, _ request: RestoreRequest) async throws -> SnapshotAnswer {
        try await change(.restoreSnapshot, Route.restoreSnapshot.path(snapshot), body: request)
    }
    package func export(snapshot: String, _ request: ExportRequest) async throws -> SnapshotAnswer {
        try await change(.exportSnapshot, Route.exportSnapshot.path(snapshot), body: request)
    }
    package func clone(snapshot: String, _ request: CloneRequest) async throws -> LaunchAnswer {
        try await change(.cloneSnapshot, Route.cloneSnapshot.path(snapshot), body: request)
    }

    package func resize(_ instance: String, _ request: ResizeRequest) async throws -> InstanceAnswer {
        try await change(.resizeInstance, Route.resizeInstance.path(instance), body: request)
    }
    package func rebuild(_ instance: String, _ request: RebuildRequest) async throws -> InstanceAnswer {
        try await change(.rebuildInstance, Route.rebuildInstance.path(instance), body: request)
    }
}
