import AgentDecisions
import ClusterModel
import FoundationEssentials
import Subprocess
import SystemPackage

/// The disks of a stopped instance, by QEMU's storage daemon on both sides.
extension QEMUDriver {
    private static let daemon = "/usr/bin/qemu-storage-daemon"

    /// Until it is cancelled; what came is on disk then.
    func receive(_ disks: [MigratedDisk], in directory: InstanceDirectory, ready: @escaping @Sendable () async -> Void) async throws(WorkFailure) {
        guard !disks.isEmpty else {
            await ready()
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
            throw WorkFailure("cancelled")
        }
        directory.delete(.disksSocket)
        let server = [
            "--object", "tls-creds-psk,id=\(MigrationCommand.keys),dir=.,endpoint=server",
            "--nbd-server", "addr.type=unix,addr.path=\(InstanceDirectory.File.disksSocket.rawValue),tls-creds=\(MigrationCommand.keys)",
        ]
        let exports = disks.flatMap { ["--export", "type=nbd,id=\($0.export),node-name=\($0.node),name=\($0.node),writable=on"] }
        let failure: WorkFailure
        do throws(WorkFailure) {
            try await withDaemon(disks, directory, server + exports) { _ throws(WorkFailure) in
                await ready()
                while true {
                    do { try await Task.sleep(for: .seconds(3600)) } catch { throw WorkFailure("cancelled") }
                }
            }
            return
        } catch { failure = error }
        let synced = await Task.detached { () async -> WorkFailure? in
            do throws(WorkFailure) { try await self.sync(disks) } catch { return error }
            directory.delete(.keys)
            return nil
        }.value
        throw synced ?? failure
    }

    func send(
        _ disks: [MigratedDisk], in directory: InstanceDirectory, _ order: MigrationOrder,
        _ tell: @escaping @Sendable (MigrationReport) async -> Void
    ) async throws(WorkFailure) {
        defer { for left in [InstanceDirectory.File.keys, .disksDoor, .stateDoor] { directory.delete(left) } }
        guard !disks.isEmpty else { return }
        let keys = ["--object", "tls-creds-psk,id=\(MigrationCommand.keys),dir=.,endpoint=client,username=\(MigrationKey.user)"]
        let remotes = disks.flatMap { disk in
            [
                "--blockdev",
                "driver=nbd,node-name=\(disk.target),server.type=unix,server.path=\(InstanceDirectory.File.disksDoor.rawValue),"
                    + "export=\(disk.node),tls-creds=\(MigrationCommand.keys)",
            ]
        }
        try await withDaemon(disks, directory, keys + remotes) { connection throws(WorkFailure) in
            try await Self.copy(disks, order, connection, tell)
        }
    }

    private static func copy(
        _ disks: [MigratedDisk], _ order: MigrationOrder, _ connection: QMPConnection, _ tell: @Sendable (MigrationReport) async -> Void
    ) async throws(WorkFailure) {
        let speed = order.limits.bandwidth.map { max(1, ($0.count << 20) / Int64(disks.count)) }
        for disk in disks {
            try await connection.call(
                "blockdev-mirror",
                MigrationCommand.Mirror(job: disk.job, device: disk.node, target: disk.target, copy: "background", speed: speed))
        }
        var progress = CopyProgress()
        while true {
            let jobs = try await connection.execute("query-block-jobs", as: [MigrationCommand.Copying].self)
            guard jobs.count == disks.count else { throw WorkFailure("the copy of its disks broke off") }
            if jobs.allSatisfy(\.ready) { break }
            if let progress = progress.next(jobs) { await tell(MigrationReport(id: order.id, stage: .sending, progress: progress)) }
            do { try await Task.sleep(for: .milliseconds(20)) } catch { throw WorkFailure("cancelled") }
        }
        // Flushes the other side before it ends.
        for disk in disks { try await connection.call("block-job-cancel", MigrationCommand.Job(device: disk.job)) }
        while !(try await connection.execute("query-block-jobs", as: [MigrationCommand.Copying].self)).isEmpty {
            do { try await Task.sleep(for: .milliseconds(5)) } catch { throw WorkFailure("cancelled") }
        }
    }

    /// A storage daemon with the disks open, for as long as the work takes.
    private func withDaemon(
        _ disks: [MigratedDisk], _ directory: InstanceDirectory, _ words: [String],
        _ work: @escaping @Sendable (QMPConnection) async throws(WorkFailure) -> Void
    ) async throws(WorkFailure) {
        let control = InstanceDirectory.File.copierControl
        directory.delete(control)
        let arguments =
            disks.flatMap { ["--blockdev", $0.option] }
            + ["--chardev", "socket,id=control,path=\(control.rawValue),server=on,wait=off", "--monitor", "chardev=control"] + words
        let path = directory.path
        let result: Result<Void, WorkFailure> = await withTaskGroup(of: Result<Void, WorkFailure>.self) { group in
            group.addTask {
                do {
                    let ended = try await Subprocess.run(
                        .path(FilePath(Self.daemon)), arguments: Arguments(arguments), workingDirectory: FilePath(path), output: .discarded,
                        error: .string(limit: 64 << 10))
                    let said = ended.standardError.split(separator: "\n").last.map { ": \(Printable(String($0), limit: 300))" } ?? ""
                    return .failure(WorkFailure("the storage daemon ended\(said)"))
                } catch { return .failure(WorkFailure("the storage daemon can't be run: \(Printable("\(error)", limit: 200))")) }
            }
            group.addTask {
                do throws(WorkFailure) {
                    let connection = try await Self.connect(control, directory)
                    defer { connection.close() }
                    try await work(connection)
                    return .success(())
                } catch { return .failure(error) }
            }
            let first = await group.next() ?? .failure(WorkFailure("nothing was done"))
            group.cancelAll()
            return first
        }
        directory.delete(control)
        try result.get()
    }

    private static func connect(_ control: InstanceDirectory.File, _ directory: InstanceDirectory) async throws(WorkFailure) -> QMPConnection {
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            do throws(WorkFailure) { return try await QMPConnection(socket: control.rawValue, in: directory.path) } catch {
                guard ContinuousClock.now < deadline, !Task.isCancelled else { throw error }
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
    }
}
