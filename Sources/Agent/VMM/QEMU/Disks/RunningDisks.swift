import AgentDecisions
import ClusterModel
import FoundationEssentials
import Glibc

/// The disks of an instance whose VMM runs, brought to what is wanted over its control socket. What QEMU says it has is the truth, so that all of it may be
/// done again after an agent's end at any step.
struct RunningDisks {
    let storage: InstanceStorage
    let hasRoot: Bool
    let volumes: VolumeKeeper
    let connection: QMPConnection
    let ports: Int
    /// Freezes the guest's file systems, and says whether it did.
    let freeze: @Sendable () async -> Bool
    let thaw: @Sendable () async -> Void
    /// Takes a snapshot's root disk to the controller's library.
    let export: @Sendable (DesiredSnapshot, ExportOrder) async throws(WorkFailure) -> Void

    /// Of a guest, to let a device go, before somebody else has a turn.
    private static let release = Duration.seconds(3)
    private static let prefix = "vol-"

    func arrange(_ done: DoneToDisks) async throws(WorkFailure) -> DiskReport {
        var report = DiskReport(done: done)
        var failures: [String] = []
        for volume in storage.volumes {
            do throws(WorkFailure) { try await plug(volume) } catch { failures.append("volume \(volume.id): \(error)") }
        }
        let waiting = try await unplugOthers()
        let plugged = try await devices()
        report.volumes = storage.volumes.filter { plugged[$0.nodeName] != nil }.map(\.id)
        if waiting > 0 { report.waiting = "the guest has not let go of \(waiting) volume\(waiting == 1 ? "" : "s")" }
        for snapshot in storage.snapshots {
            do throws(WorkFailure) { try await bring(snapshot, &report) } catch { failures.append("\(error)") }
        }
        if !failures.isEmpty { report.failure = failures.joined(separator: "; ") }
        return report
    }

    private func nodes() async throws(WorkFailure) -> [String: QMPBlocks.Node] {
        struct Flat: Encodable, Sendable { var flat = true }
        let nodes = try await connection.call("query-named-block-nodes", Flat(), as: [QMPBlocks.Node].self)
        return Dictionary(nodes.compactMap { node in node.name.map { ($0, node) } }, uniquingKeysWith: { first, _ in first })
    }

    /// Devices by the node that they show to the guest.
    private func devices() async throws(WorkFailure) -> [String: String] {
        let devices = try await connection.call("query-block", QMPBlocks.Nothing(), as: [QMPBlocks.Device].self)
        return Dictionary(
            devices.compactMap { device in device.inserted?.name.map { ($0, device.qdev ?? "") } }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: Coming

    private func plug(_ volume: AttachedVolume) async throws(WorkFailure) {
        try await volumes.await(volume.place)
        let pool = try volumes.pool(of: volume.place)
        let node = try await nodes()[volume.nodeName]
        if node == nil { try await open(volume, pool.path(of: volume.place)) }
        if try await devices()[volume.nodeName] == nil {
            do throws(WorkFailure) { try await addDevice(volume) } catch {
                try? await close(volume.nodeName)
                throw error
            }
        }
        if let size = try await nodes()[volume.nodeName]?.image.virtualSize, size < volume.size.count << 20 {
            try await connection.call("block_resize", QMPBlocks.Resize(name: volume.nodeName, size: volume.size.count << 20))
            await volumes.look(at: volume.id)
        }
        try await connection.call("block_set_io_throttle", QMPBlocks.Throttle(of: volume))
    }

    /// QEMU has no right to the path: the file goes to it open.
    private func open(_ volume: AttachedVolume, _ path: String) async throws(WorkFailure) {
        let file = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw WorkFailure("cannot open \(path): \(String(cString: strerror(errno)))") }
        defer { Glibc.close(file) }
        let given = try await connection.call("add-fd", QMPBlocks.Nothing(), as: QMPBlocks.GivenFile.self, passing: file)
        do throws(WorkFailure) {
            try await connection.call(
                "blockdev-add", QMPBlocks.Add(driver: volume.place.format.rawValue, name: volume.nodeName, file: .init(filename: given.name)))
        } catch {
            try? await connection.call("remove-fd", given)
            throw error
        }
    }

    private func close(_ node: String) async throws(WorkFailure) {
        let given = QMPBlocks.GivenFile(named: try await nodes()[node]?.image.filename)
        try await connection.call("blockdev-del", QMPBlocks.Delete(name: node))
        if let given { try? await connection.call("remove-fd", given) }
    }

    /// The first free port takes it.
    private func addDevice(_ volume: AttachedVolume) async throws(WorkFailure) {
        let serial = String(volume.id.description.filter { $0 != "-" }.prefix(20))
        var device = QMPBlocks.AddDevice(id: volume.nodeName, drive: volume.nodeName, bus: nil, serial: serial)
        guard ports > 0 else { return try await connection.call("device_add", device) }
        for port in 0..<ports {
            device.bus = "port\(port)"
            // Without it QEMU takes the next slot of a port that is in use, where no guest looks.
            device.addr = "0x0"
            do throws(WorkFailure) { return try await connection.call("device_add", device) } catch {
                guard error.description.contains("in use by"), port + 1 < ports else { throw error }
            }
        }
    }

    // MARK: Going

    /// - Returns: how many the guest has not let go of yet.
    private func unplugOthers() async throws(WorkFailure) -> Int {
        let wanted = Set(storage.volumes.map(\.nodeName))
        for (node, _) in try await devices().sorted(by: { $0.key < $1.key }) where node.hasPrefix(Self.prefix) && !wanted.contains(node) {
            // One that is on its way out already is an error of QEMU's that changes nothing.
            try? await connection.call("device_del", QMPBlocks.DeleteDevice(id: node))
        }
        let deadline = ContinuousClock.now + Self.release
        var left: [String] = []
        repeat {
            left = try await devices().keys.filter { $0.hasPrefix(Self.prefix) && !wanted.contains($0) }.sorted()
            if left.isEmpty { break }
            do { try await Task.sleep(for: .milliseconds(50)) } catch { throw WorkFailure("cancelled") }
        } while ContinuousClock.now < deadline
        for node in try await nodes().keys.sorted() where node.hasPrefix(Self.prefix) && !wanted.contains(node) && !left.contains(node) {
            try await close(node)
        }
        return left.count
    }

    // MARK: Snapshots

    private func bring(_ snapshot: DesiredSnapshot, _ report: inout DiskReport) async throws(WorkFailure) {
        let name = "\(snapshot.id)"
        let disks = (hasRoot ? ["root"] : []) + snapshot.volumes.map(\.nodeName)
        let known = report.done.snapshots.firstIndex { $0.id == snapshot.id }
        let nodes = try await nodes()
        let holding = disks.filter { nodes[$0]?.image.snapshots?.contains { $0.name == name } ?? false }
        if snapshot.deleted {
            for disk in holding {
                try await connection.call(
                    "blockdev-snapshot-delete-internal-sync", QMPBlocks.SnapshotOf(device: disk, name: name), timeout: .seconds(60))
            }
            if let known { report.done.snapshots.remove(at: known) }
            return
        }
        if known == nil {
            // A transaction is of all disks or of none, so that what is there was taken by an agent that has not lived to write it down.
            let taken = holding == disks ? ObservedSnapshot(id: snapshot.id, consistency: .crash) : try await take(snapshot, disks)
            report.done.snapshots.append(taken)
        }
        guard let order = snapshot.export, let place = report.done.snapshots.firstIndex(where: { $0.id == snapshot.id }) else { return }
        guard order.number > report.done.snapshots[place].exported ?? 0 else { return }
        report.done.snapshots[place].exported = order.number
        try await export(snapshot, order)
    }

    private func take(_ snapshot: DesiredSnapshot, _ disks: [String]) async throws(WorkFailure) -> ObservedSnapshot {
        let isFrozen = snapshot.quiesce ? await freeze() : false
        let began = ContinuousClock.now
        let result: Result<Void, WorkFailure>
        do throws(WorkFailure) {
            let actions = disks.map { QMPBlocks.Transaction.Action(data: .init(device: $0, name: "\(snapshot.id)")) }
            result = .success(try await connection.call("transaction", QMPBlocks.Transaction(actions: actions), timeout: .seconds(60)))
        } catch { result = .failure(error) }
        let pause = ContinuousClock.now - began
        if isFrozen { await thaw() }
        try result.get()
        let microseconds = pause.components.seconds * 1_000_000 + pause.components.attoseconds / 1_000_000_000_000
        return ObservedSnapshot(id: snapshot.id, consistency: isFrozen ? .quiesced : .crash, pauseMicroseconds: microseconds)
    }
}
