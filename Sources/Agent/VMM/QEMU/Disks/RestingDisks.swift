import AgentDecisions
import ClusterModel
import Glibc

/// The disks of an instance whose VMM does not run: plain files, brought to what is wanted by `qemu-img`. Every step looks first, so that all of it may
/// be done again.
struct RestingDisks {
    let storage: InstanceStorage
    /// Of the root disk; nil where there is none.
    let root: String?
    let rootSize: MiB
    let volumes: VolumeKeeper
    let tool: DiskTool

    func arrange(_ done: DoneToDisks) async -> DiskReport {
        var report = DiskReport(volumes: [], done: done)
        var failures: [String] = []
        if let failure = await Self.failure({ () throws(WorkFailure) in try await restore(&report) }) { failures.append(failure) }
        for volume in storage.volumes {
            if let failure = await Self.failure({ () throws(WorkFailure) in try await ready(volume) }) {
                failures.append(failure)
            } else {
                report.volumes.append(volume.id)
            }
        }
        if let failure = await Self.failure({ () throws(WorkFailure) in try await growRoot() }) { failures.append(failure) }
        for snapshot in storage.snapshots {
            if let failure = await Self.failure({ () throws(WorkFailure) in try await bring(snapshot, &report) }) { failures.append(failure) }
        }
        if !failures.isEmpty { report.failure = failures.joined(separator: "; ") }
        return report
    }

    private static func failure(_ work: () async throws(WorkFailure) -> Void) async -> String? {
        do throws(WorkFailure) {
            try await work()
            return nil
        } catch { return error.description }
    }

    private func ready(_ volume: AttachedVolume) async throws(WorkFailure) {
        try await volumes.await(volume.place)
        let pool = try volumes.pool(of: volume.place)
        if let state = pool.state(of: volume.place), state.size < volume.size {
            try await pool.grow(volume.place, to: volume.size)
            await volumes.look(at: volume.id)
        }
    }

    private func growRoot() async throws(WorkFailure) {
        guard let root, let state = DiskTool.state(of: root, format: .qcow2), state.size < rootSize else { return }
        try await tool.resize(root, .qcow2, to: rootSize)
    }

    // MARK: Snapshots

    private func files(_ snapshot: DesiredSnapshot) throws(WorkFailure) -> [String] {
        var files = root.map { [$0] } ?? []
        for place in snapshot.volumes { files.append(try volumes.pool(of: place).path(of: place)) }
        return files
    }

    private func restore(_ report: inout DiskReport) async throws(WorkFailure) {
        guard let order = storage.restore, order.number > report.done.restores else { return }
        guard let snapshot = storage.snapshots.first(where: { $0.id == order.snapshot && !$0.deleted }) else {
            report.done.restores = order.number
            return
        }
        for file in try files(snapshot) { try await tool.applySnapshot("\(snapshot.id)", in: file) }
        report.done.restores = order.number
    }

    private func bring(_ snapshot: DesiredSnapshot, _ report: inout DiskReport) async throws(WorkFailure) {
        let name = "\(snapshot.id)"
        let isKnown = report.done.snapshots.contains { $0.id == snapshot.id }
        guard snapshot.deleted else {
            guard !isKnown else { return }
            return try await take(snapshot, &report)
        }
        for file in try files(snapshot) where access(file, F_OK) == 0 {
            if try await tool.snapshots(in: file).contains(name) { try await tool.deleteSnapshot(name, in: file) }
        }
        report.done.snapshots.removeAll { $0.id == snapshot.id }
    }

    /// Of all disks, or of none.
    private func take(_ snapshot: DesiredSnapshot, _ report: inout DiskReport) async throws(WorkFailure) {
        let name = "\(snapshot.id)"
        var taken: [String] = []
        do throws(WorkFailure) {
            for file in try files(snapshot) {
                // One that an agent took before it ended is of the same moment: nobody has written since.
                if try await !tool.snapshots(in: file).contains(name) { try await tool.takeSnapshot(name, in: file) }
                taken.append(file)
            }
        } catch {
            for file in taken { try? await tool.deleteSnapshot(name, in: file) }
            throw error
        }
        report.done.snapshots.append(ObservedSnapshot(id: snapshot.id, consistency: .stopped, pauseMicroseconds: 0))
    }
}
