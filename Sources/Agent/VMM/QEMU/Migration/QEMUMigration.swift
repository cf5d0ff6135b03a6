import AgentDecisions
import ClusterModel
import FoundationEssentials
import Glibc

/// Migrations under QEMU: disks are mirrored over NBD, then memory follows; both are encrypted from VMM to VMM, and carried by the two agents.
extension QEMUDriver {
    /// Whether the guest stands still, or has not come whole.
    func isHeld(_ instance: InstanceID) async -> Bool {
        guard let status = try? await connection(of: instance)?.execute("query-status", as: MigrationCommand.Status.self).status else { return false }
        return ["paused", "postmigrate", "inmigrate", "finish-migrate", "prelaunch"].contains(status)
    }

    package func resume(_ record: InstanceRecord) async throws(WorkFailure) {
        let directory = directory(record.desired.id)
        relay?.forget(directory.id)
        let deadline = ContinuousClock.now + .seconds(5)
        let connection = try vmm(of: directory)
        while true {
            let status = try await connection.execute("query-status", as: MigrationCommand.Status.self).status
            switch status {
            case "running": return try await settle(record, directory, connection)
            case "paused", "postmigrate", "prelaunch": try await connection.execute("cont")
            default:
                guard ContinuousClock.now < deadline else { throw WorkFailure("its memory has not come whole (\(status))") }
                do { try await Task.sleep(for: .milliseconds(5)) } catch { throw WorkFailure("cancelled") }
            }
        }
    }

    /// What came is on disk before anybody relies on it; nobody waits for it but the ledger.
    private func settle(_ record: InstanceRecord, _ directory: InstanceDirectory, _ connection: QMPConnection) async throws(WorkFailure) {
        for left in [InstanceDirectory.File.keys, .disksDoor, .stateDoor] { directory.delete(left) }
        try? await connection.execute("nbd-server-stop")
        try? await connection.call("object-del", MigrationCommand.Gone(id: MigrationCommand.keys))
        try await sync(disks(of: record.desired, directory))
    }

    func sync(_ disks: [MigratedDisk]) async throws(WorkFailure) {
        for disk in disks {
            let failed: Int32 = await withCheckedContinuation { continuation in
                BlockingThread.run {
                    let file = open(disk.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
                    guard file >= 0 else { return continuation.resume(returning: errno) }
                    let result = fsync(file) == 0 ? 0 : errno
                    Glibc.close(file)
                    continuation.resume(returning: result)
                }
            }
            guard failed == 0 else { throw WorkFailure("its disk “\(disk.node)” can't be kept: \(String(cString: strerror(failed)))") }
        }
    }

    /// All that the guest writes to: its root disk, where it has one, and its volumes.
    func disks(of desired: DesiredInstance, _ directory: InstanceDirectory) throws(WorkFailure) -> [MigratedDisk] {
        let root = directory.exists(.disk) ? [MigratedDisk(node: "root", format: .qcow2, path: directory.file(.disk))] : []
        return root + (try volumeFiles(of: desired)).map { MigratedDisk(node: $0.volume.nodeName, format: $0.volume.place.format, path: $0.path) }
    }

    func vmm(of directory: InstanceDirectory) throws(WorkFailure) -> QMPConnection {
        guard let connection = connection(of: directory.id) else { throw WorkFailure("its VMM is not reached") }
        return connection
    }

    // MARK: Receiving

    package func receive(_ record: InstanceRecord, tell: @escaping @Sendable (MigrationReport) async -> Void) async throws(WorkFailure) {
        guard let order = record.desired.migration, let relay else { throw WorkFailure("this node takes no migrations", isLasting: true) }
        let directory = directory(record.desired.id)
        let key = try self.key(in: directory)
        let ready = MigrationReport(id: order.id, stage: .ready, secret: key.secret)
        relay.expect(
            directory.id,
            .init(
                key: key, directory: directory.path,
                sockets: [.disks: InstanceDirectory.File.disksSocket.rawValue, .state: InstanceDirectory.File.stateSocket.rawValue]))
        defer { relay.forget(directory.id) }
        let disks = try disks(of: record.desired, directory)
        guard order.live else { return try await receive(disks, in: directory) { await tell(ready) } }
        let connection = try vmm(of: directory)
        let status = try await connection.execute("query-status", as: MigrationCommand.Status.self).status
        if status == "inmigrate", !directory.exists(.stateSocket) {
            directory.delete(.disksSocket)
            try await connection.call("object-add", MigrationCommand.Keys(endpoint: "server"))
            if !disks.isEmpty {
                try await connection.call(
                    "nbd-server-start",
                    MigrationCommand.StartDisks(addr: .init(data: .init(path: InstanceDirectory.File.disksSocket.rawValue))))
            }
            for disk in disks {
                try await connection.call("block-export-add", MigrationCommand.Export(id: disk.export, node: disk.node, name: disk.node))
            }
            try await connection.call("migrate-set-parameters", MigrationCommand.Parameters())
            try await connection.call(
                "migrate-incoming", MigrationCommand.Place(uri: "unix:\(InstanceDirectory.File.stateSocket.rawValue)"))
        }
        await tell(ready)
        while try await connection.execute("query-status", as: MigrationCommand.Status.self).status != "paused" {
            do { try await Task.sleep(for: .milliseconds(5)) } catch { throw WorkFailure("cancelled") }
        }
        await tell(MigrationReport(id: order.id, stage: .received, secret: key.secret))
    }

    /// The one of an earlier agent, or a fresh one.
    private func key(in directory: InstanceDirectory) throws(WorkFailure) -> MigrationKey {
        if let key = DurableFile.read(directory.file(.keys), limit: 200).flatMap({ MigrationKey(file: $0) }) { return key }
        let key = MigrationKey()
        do { try DurableFile.write(key.file, to: directory.file(.keys)) } catch { throw WorkFailure(error) }
        return key
    }

    // MARK: Sending

    package func send(_ record: InstanceRecord, tell: @escaping @Sendable (MigrationReport) async -> Void) async throws(WorkFailure) {
        guard let order = record.desired.migration, let endpoint = order.endpoint, let key = order.secret.flatMap({ MigrationKey($0) }) else {
            throw WorkFailure("the order to send it names no place or key", isLasting: true)
        }
        let directory = directory(record.desired.id)
        do { try DurableFile.write(key.file, to: directory.file(.keys)) } catch { throw WorkFailure(error) }
        var doors: [MigrationDoor] = []
        defer { for door in doors { door.close() } }
        doors.append(try MigrationDoor(InstanceDirectory.File.disksDoor.rawValue, in: directory.path, to: endpoint, .disks, directory.id, key))
        doors.append(try MigrationDoor(InstanceDirectory.File.stateDoor.rawValue, in: directory.path, to: endpoint, .state, directory.id, key))
        if order.live {
            try await LiveSender(
                order: order, disks: try disks(of: record.desired, directory), connection: try vmm(of: directory), tell: tell
            ).run()
        } else {
            try await send(try disks(of: record.desired, directory), in: directory, order, tell)
        }
        await tell(MigrationReport(id: order.id, stage: .handedOver))
    }
}
