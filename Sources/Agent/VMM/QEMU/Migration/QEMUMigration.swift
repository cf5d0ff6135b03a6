import AgentDecisions
import ClusterModel
import FoundationEssentials
import Glibc
import Logging

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
            case "running": return try await settle(directory, connection)
            case "paused", "postmigrate", "prelaunch": try await connection.execute("cont")
            default:
                guard ContinuousClock.now < deadline else { throw WorkFailure("its memory has not come whole (\(status))") }
                do { try await Task.sleep(for: .milliseconds(5)) } catch { throw WorkFailure("cancelled") }
            }
        }
    }

    /// What came is on disk before anybody relies on it; nobody waits for it but the ledger.
    private func settle(_ directory: InstanceDirectory, _ connection: QMPConnection) async throws(WorkFailure) {
        for left in [InstanceDirectory.File.keys, .disksDoor, .stateDoor] { directory.delete(left) }
        try? await connection.execute("nbd-server-stop")
        try? await connection.call("object-del", MigrationCommand.Gone(id: MigrationCommand.keys))
        try await sync(directory)
    }

    func sync(_ directory: InstanceDirectory) async throws(WorkFailure) {
        guard directory.exists(.disk) else { return }
        let path = directory.file(.disk)
        let failed: Int32 = await withCheckedContinuation { continuation in
            BlockingThread.run {
                let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
                guard file >= 0 else { return continuation.resume(returning: errno) }
                let result = fsync(file) == 0 ? 0 : errno
                Glibc.close(file)
                continuation.resume(returning: result)
            }
        }
        guard failed == 0 else { throw WorkFailure("its disk can't be kept: \(String(cString: strerror(failed)))") }
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
                key: key,
                sockets: [
                    .disks: { try? LocalSocket.connect(to: InstanceDirectory.File.disksSocket.rawValue, in: directory.path) },
                    .state: { [weak self] in await self?.openState(of: directory) },
                ]))
        defer { relay.forget(directory.id) }
        guard order.live else { return try await receiveDisks(directory) { await tell(ready) } }
        let connection = try vmm(of: directory)
        let status = try await connection.execute("query-status", as: MigrationCommand.Status.self).status
        if status == "inmigrate" { try await prepare(directory, connection) }
        await tell(ready)
        while try await connection.execute("query-status", as: MigrationCommand.Status.self).status != "paused" {
            do { try await Task.sleep(for: .milliseconds(5)) } catch { throw WorkFailure("cancelled") }
        }
        await tell(MigrationReport(id: order.id, stage: .received, secret: key.secret))
    }

    /// May be done again by another agent: QEMU says what it has.
    private func prepare(_ directory: InstanceDirectory, _ connection: QMPConnection) async throws(WorkFailure) {
        do throws(WorkFailure) { try await connection.call("object-add", MigrationCommand.Keys(endpoint: "server")) } catch {
            guard error.description.contains("duplicate") else { throw error }
        }
        try await connection.call("migrate-set-parameters", MigrationCommand.Parameters())
        guard directory.exists(.disk), try await connection.execute("query-block-exports", as: [MigrationCommand.Exported].self).isEmpty else {
            return
        }
        try? await connection.execute("nbd-server-stop")
        let listener = try LocalSocket.listen(at: InstanceDirectory.File.disksSocket.rawValue, in: directory.path)
        defer { Glibc.close(listener) }
        try await give(listener, as: "disks", to: connection)
        try await connection.call("nbd-server-start", MigrationCommand.StartDisks(addr: .init(data: .init(str: "disks"))))
        try await connection.call("block-export-add", MigrationCommand.Export(id: "export-root", node: "root", name: "root"))
    }

    private func give(_ descriptor: Int32, as name: String, to connection: QMPConnection) async throws(WorkFailure) {
        _ = try await connection.call("getfd", MigrationCommand.Take(fdname: name), as: QMPMessage.Nothing.self, passing: descriptor)
    }

    /// A stream to the VMM, which takes up a guest's memory from it; once.
    private func openState(of directory: InstanceDirectory) async -> Int32? {
        var ends: [Int32] = [-1, -1]
        guard let connection = connection(of: directory.id),
            socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0
        else { return nil }
        let own = ends[0]
        defer { Glibc.close(ends[1]) }
        do throws(WorkFailure) {
            try await give(ends[1], as: "state", to: connection)
            try await connection.call("migrate-incoming", MigrationCommand.Place(uri: "fd:state"))
            return own
        } catch {
            logger.warning("a guest's memory is not taken up", metadata: ["instance": "\(directory.id)", "why": "\(error)"])
            Glibc.close(own)
            return nil
        }
    }

    /// The one of an earlier agent, or a fresh one.
    private func key(in directory: InstanceDirectory) throws(WorkFailure) -> MigrationKey {
        if let key = DurableFile.read(directory.file(.keys), limit: 200).flatMap({ MigrationKey(file: $0) }) { return key }
        let key = MigrationKey()
        try keep(key, in: directory)
        return key
    }

    /// Where the VMM reads it, and nobody else.
    private func keep(_ key: MigrationKey, in directory: InstanceDirectory) throws(WorkFailure) {
        do {
            try DurableFile.makeDirectory(directory.vmm, mode: 0o755)
            try DurableFile.write(key.file, to: directory.file(.keys))
        } catch { throw WorkFailure(error) }
        directory.give(.keys)
    }

    // MARK: Sending

    package func send(_ record: InstanceRecord, tell: @escaping @Sendable (MigrationReport) async -> Void) async throws(WorkFailure) {
        guard let order = record.desired.migration, let endpoint = order.endpoint, let key = order.secret.flatMap({ MigrationKey($0) }) else {
            throw WorkFailure("the order to send it names no place or key", isLasting: true)
        }
        let directory = directory(record.desired.id)
        try keep(key, in: directory)
        var doors: [MigrationDoor] = []
        defer { for door in doors { door.close() } }
        doors.append(try MigrationDoor(InstanceDirectory.File.disksDoor.rawValue, in: directory.path, to: endpoint, .disks, directory.id, key))
        doors.append(try MigrationDoor(InstanceDirectory.File.stateDoor.rawValue, in: directory.path, to: endpoint, .state, directory.id, key))
        for door in [InstanceDirectory.File.disksDoor, .stateDoor] { directory.give(door) }
        if order.live {
            try await LiveSender(order: order, hasDisk: directory.exists(.disk), connection: try vmm(of: directory), tell: tell).run()
        } else {
            try await sendDisks(directory, order, tell)
        }
        await tell(MigrationReport(id: order.id, stage: .handedOver))
    }
}
