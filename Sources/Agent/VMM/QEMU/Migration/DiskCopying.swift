import AgentDecisions
import ClusterModel
import FoundationEssentials
import Subprocess
import SystemPackage

/// The disks of a stopped instance, by QEMU's storage daemon on both sides.
extension QEMUDriver {
    private static let daemon = "/usr/bin/qemu-storage-daemon"

    /// Until it is cancelled; what came is on disk then.
    func receiveDisks(_ directory: InstanceDirectory, ready: @escaping @Sendable () async -> Void) async throws(WorkFailure) {
        guard directory.exists(.disk) else {
            await ready()
            while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
            throw WorkFailure("cancelled")
        }
        directory.delete(.disksSocket)
        let words = [
            "--object", "tls-creds-psk,id=\(MigrationCommand.keys),dir=vmm,endpoint=server",
            "--nbd-server", "addr.type=unix,addr.path=\(InstanceDirectory.File.disksSocket.rawValue),tls-creds=\(MigrationCommand.keys)",
            "--export", "type=nbd,id=export-root,node-name=root,name=root,writable=on",
        ]
        let failure: WorkFailure
        do throws(WorkFailure) {
            try await withDaemon(directory, words) { _ throws(WorkFailure) in
                await ready()
                while true {
                    do { try await Task.sleep(for: .seconds(3600)) } catch { throw WorkFailure("cancelled") }
                }
            }
            return
        } catch { failure = error }
        let synced = await Task.detached { () async -> WorkFailure? in
            do throws(WorkFailure) { try await self.sync(directory) } catch { return error }
            directory.delete(.keys)
            return nil
        }.value
        throw synced ?? failure
    }

    func sendDisks(
        _ directory: InstanceDirectory, _ order: MigrationOrder, _ tell: @escaping @Sendable (MigrationReport) async -> Void
    ) async throws(WorkFailure) {
        defer { for left in [InstanceDirectory.File.keys, .disksDoor, .stateDoor] { directory.delete(left) } }
        guard directory.exists(.disk) else { return }
        let words = [
            "--object", "tls-creds-psk,id=\(MigrationCommand.keys),dir=vmm,endpoint=client,username=\(MigrationKey.user)",
            "--blockdev",
            "driver=nbd,node-name=remote-root,server.type=unix,server.path=\(InstanceDirectory.File.disksDoor.rawValue),export=root,"
                + "tls-creds=\(MigrationCommand.keys)",
        ]
        try await withDaemon(directory, words) { connection throws(WorkFailure) in
            try await connection.call(
                "blockdev-mirror",
                MigrationCommand.Mirror(
                    job: "mirror-root", device: "root", target: "remote-root", copy: "background",
                    speed: order.limits.bandwidth.map { $0.count << 20 }))
            var last: (offset: Int64, at: ContinuousClock.Instant) = (0, .now)
            while true {
                let jobs = try await connection.execute("query-block-jobs", as: [MigrationCommand.Copying].self)
                guard let job = jobs.first else { throw WorkFailure("the copy of its disk broke off") }
                if job.ready { break }
                if .now - last.at >= .milliseconds(500) {
                    let rate = Double(job.offset - last.offset) / ((ContinuousClock.now - last.at) / .seconds(1))
                    await tell(
                        MigrationReport(
                            id: order.id, stage: .sending,
                            progress: TransferProgress(total: job.len, remaining: job.len - job.offset, rate: Int64(rate))))
                    last = (job.offset, .now)
                }
                do { try await Task.sleep(for: .milliseconds(20)) } catch { throw WorkFailure("cancelled") }
            }
            // Flushes the other side before it ends.
            try await connection.call("block-job-cancel", MigrationCommand.Job(device: "mirror-root"))
            while !(try await connection.execute("query-block-jobs", as: [MigrationCommand.Copying].self)).isEmpty {
                do { try await Task.sleep(for: .milliseconds(5)) } catch { throw WorkFailure("cancelled") }
            }
        }
    }

    /// A storage daemon with the disk open as the node "root", for as long as the work takes.
    private func withDaemon(
        _ directory: InstanceDirectory, _ words: [String], _ work: @escaping @Sendable (QMPConnection) async throws(WorkFailure) -> Void
    ) async throws(WorkFailure) {
        let control = InstanceDirectory.File.copierControl
        directory.delete(control)
        let disk = "driver=qcow2,node-name=root,file.driver=file,file.filename=\(InstanceDirectory.File.disk.rawValue)"
        let arguments =
            [
                "--blockdev", disk, "--chardev", "socket,id=control,path=\(control.rawValue),server=on,wait=off", "--monitor", "chardev=control",
            ] + words
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
