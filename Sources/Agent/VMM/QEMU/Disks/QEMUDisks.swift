import AgentDecisions
import CSpawn
import ClusterModel
import Glibc
import Logging

/// What the driver does with an instance's disks.
extension QEMUDriver {
    package func arrangeDisks(of record: InstanceRecord, in process: VMMProcess?) async throws(WorkFailure) -> DiskReport {
        let desired = record.desired
        let storage = desired.storage ?? InstanceStorage()
        var done = record.done ?? DoneToDisks()
        if let process { return try await arrangeRunning(desired, storage, done, process) }
        let directory = directory(desired.id)
        if storage.rebuilds > done.rebuilds {
            _ = try await images.fetch(desired.image)
            directory.delete(.disk)
            try await makeDisk(desired, directory)
            done.rebuilds = storage.rebuilds
        }
        let resting = RestingDisks(
            storage: storage, root: directory.exists(.disk) ? directory.file(.disk) : nil, rootSize: desired.resources.disk, volumes: volumes,
            tool: tool)
        var report = await resting.arrange(done)
        for snapshot in storage.snapshots where !snapshot.deleted {
            guard let order = snapshot.export, let place = report.done.snapshots.firstIndex(where: { $0.id == snapshot.id }),
                order.number > report.done.snapshots[place].exported ?? 0
            else { continue }
            report.done.snapshots[place].exported = order.number
            do throws(WorkFailure) { try await export(snapshot, order, of: desired) } catch { report.failure = "the export failed: \(error)" }
        }
        return report
    }

    private func arrangeRunning(
        _ desired: DesiredInstance, _ storage: InstanceStorage, _ done: DoneToDisks, _ process: VMMProcess
    ) async throws(WorkFailure) -> DiskReport {
        guard let connection = connection(of: desired.id) else { throw WorkFailure("the VMM's control socket is not connected") }
        let directory = directory(desired.id)
        let limited = cspawn_limit_file_size(process.pid, UInt64(FileSizeLimit.bytes(of: desired)))
        if limited != 0 {
            logger.warning("size of files not limited anew", metadata: ["instance": "\(desired.id)", "why": "\(String(cString: strerror(limited)))"])
        }
        let frozen = FrozenGuest(directory: directory, logger: logger)
        return try await RunningDisks(
            storage: storage, hasRoot: directory.exists(.disk), volumes: volumes, connection: connection,
            ports: settings.hasPorts ? QEMUCommand.ports : 0, freeze: { await frozen.freeze() }, thaw: { await frozen.thaw() },
            export: { (snapshot, order) throws(WorkFailure) in try await self.export(snapshot, order, of: desired) }
        ).arrange(done)
    }

    func volumeFiles(of desired: DesiredInstance) throws(WorkFailure) -> [(volume: AttachedVolume, path: String)] {
        var files: [(volume: AttachedVolume, path: String)] = []
        for volume in desired.storage?.volumes ?? [] { files.append((volume, try volumes.pool(of: volume.place).path(of: volume.place))) }
        return files
    }

    /// A guest that began with too much for a moment is better than none.
    func limitVolumes(of desired: DesiredInstance) async {
        guard let connection = connection(of: desired.id) else { return }
        for volume in desired.storage?.volumes ?? [] where !volume.limits.isEmpty {
            do throws(WorkFailure) {
                try await connection.call("block_set_io_throttle", QMPBlocks.Throttle(of: volume))
            } catch { logger.warning("volume not limited", metadata: ["volume": "\(volume.id)", "why": "\(error)"]) }
        }
    }

    func growDisk(_ desired: DesiredInstance, _ directory: InstanceDirectory) async throws(WorkFailure) {
        let path = directory.file(.disk)
        guard let state = DiskTool.state(of: path, format: .qcow2), state.size < desired.resources.disk else { return }
        try await tool.resize(path, .qcow2, to: desired.resources.disk)
    }

    /// The root disk of another instance of this node as its snapshot has it, all in one file: the other may be gone tomorrow.
    func copyDisk(_ desired: DesiredInstance, _ origin: SnapshotOrigin, _ directory: InstanceDirectory) async throws(WorkFailure) {
        let source = self.directory(origin.instance)
        guard source.exists(.disk) else { throw WorkFailure("the snapshot's instance has no disk on this node", isLasting: true) }
        let path = directory.file(.disk)
        let temporary = path + ".new"
        do throws(WorkFailure) {
            try await tool.convert(source.file(.disk), .qcow2, snapshot: "\(origin.snapshot)", into: temporary, .qcow2)
            if let state = DiskTool.state(of: temporary, format: .qcow2), state.size < desired.resources.disk {
                try await tool.resize(temporary, .qcow2, to: desired.resources.disk)
            }
            try DiskTool.sync(temporary)
            guard rename(temporary, path) == 0 else { throw WorkFailure("cannot write \(path): \(String(cString: strerror(errno)))") }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// What of the instance is in its volumes, which outlive it.
    func dropSnapshots(of record: InstanceRecord) async {
        for snapshot in record.desired.storage?.snapshots ?? [] {
            for place in snapshot.volumes {
                guard let pool = try? volumes.pool(of: place), pool.state(of: place) != nil else { continue }
                do throws(WorkFailure) {
                    let path = pool.path(of: place)
                    if try await tool.snapshots(in: path).contains("\(snapshot.id)") { try await tool.deleteSnapshot("\(snapshot.id)", in: path) }
                } catch { logger.warning("snapshot left in a volume", metadata: ["volume": "\(place.id)", "why": "\(error)"]) }
            }
        }
    }

    func export(_ snapshot: DesiredSnapshot, _ order: ExportOrder, of desired: DesiredInstance) async throws(WorkFailure) {
        let directory = directory(desired.id)
        let file = directory.path + "/export.qcow2"
        defer { unlink(file) }
        try await tool.convert(directory.file(.disk), .qcow2, snapshot: "\(snapshot.id)", into: file, .qcow2)
        try await exporter.send(file, of: snapshot.id, desired.id, architecture: settings.architecture)
    }
}

/// The guest's file systems, through its agent.
struct FrozenGuest: Sendable {
    let directory: InstanceDirectory
    let logger: Logger

    private static let patience = Duration.seconds(3)
    private struct Nothing: Encodable, Sendable {}

    /// False where no agent answers, or it can't.
    func freeze() async -> Bool {
        do throws(WorkFailure) {
            var agent = try await GuestAgent.open(in: directory, timeout: Self.patience)
            defer { agent.close() }
            return try await agent.call("guest-fsfreeze-freeze", Nothing(), as: Int.self) > 0
        } catch { return false }
    }

    func thaw() async {
        for _ in 0..<3 {
            do throws(WorkFailure) {
                var agent = try await GuestAgent.open(in: directory, timeout: Self.patience)
                defer { agent.close() }
                _ = try await agent.call("guest-fsfreeze-thaw", Nothing(), as: Int.self)
                return
            } catch { logger.error("the guest's file systems are still frozen", metadata: ["instance": "\(directory.id)", "why": "\(error)"]) }
        }
    }
}
