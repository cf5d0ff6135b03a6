import AgentDecisions
import ClusterModel

/// Sends a running guest: first its disks, mirrored while it writes, then its memory, and at last, with the guest standing still, what is left of both.
/// It looks at what QEMU says of itself before each step, so that another agent's work is gone on with.
struct LiveSender: Sendable {
    let order: MigrationOrder
    let hasDisk: Bool
    let connection: QMPConnection
    let tell: @Sendable (MigrationReport) async -> Void

    private static let job = "mirror-root"
    private static let target = "remote-root"

    func run() async throws(WorkFailure) {
        do throws(WorkFailure) { try await transfer() } catch {
            // From here on nothing may depend on this task going on.
            let undone = await Task.detached { await undo() }.value
            guard undone else { return }
            throw error
        }
    }

    private func transfer() async throws(WorkFailure) {
        var state = try await state()
        if state.status == nil || state.status == "failed" || state.status == "cancelled" || state.status == "none" {
            try? await connection.call("object-del", MigrationCommand.Gone(id: MigrationCommand.keys))
            try await connection.call("object-add", MigrationCommand.Keys(endpoint: "client", username: MigrationKey.user))
            if hasDisk { try await mirror() }
            try await begin()
        }
        while true {
            state = try await self.state()
            switch state.status {
            case "completed": return
            case "pre-switchover":
                try await endMirror()
                try await connection.call("migrate-continue", MigrationCommand.Phase(state: "pre-switchover"))
                try await pause(.milliseconds(2))
            case "failed", "cancelled", "cancelling", "none", nil:
                throw WorkFailure(state.reason.map { "QEMU says: \(Printable($0, limit: 200))" } ?? "the connection broke off")
            case "device", "completing": try await pause(.milliseconds(2))
            default:
                if let memory = state.ram { await show(memory.total, memory.remaining, Int64((memory.mbps ?? 0) * 125_000)) }
                try await pause(.milliseconds(10))
            }
        }
    }

    private func pause(_ time: Duration) async throws(WorkFailure) {
        do { try await Task.sleep(for: time) } catch { throw WorkFailure("cancelled") }
    }

    private func state() async throws(WorkFailure) -> MigrationCommand.State {
        var state = try await connection.execute("query-migrate", as: MigrationCommand.State.self)
        // A guest that came by a migration goes on calling that one completed; what has been sent stands still.
        if state.status == "completed" {
            let guest = try await connection.execute("query-status", as: MigrationCommand.Status.self).status
            if guest != "postmigrate", guest != "finish-migrate" { state.status = "none" }
        }
        return state
    }

    private func jobs() async throws(WorkFailure) -> [MigrationCommand.Copying] {
        try await connection.execute("query-block-jobs", as: [MigrationCommand.Copying].self).filter { $0.device == Self.job }
    }

    // MARK: Disks

    private func mirror() async throws(WorkFailure) {
        try await connection.call(
            "blockdev-add",
            MigrationCommand.RemoteDisk(
                name: Self.target, server: .init(path: InstanceDirectory.File.disksDoor.nameForVMM), export: "root"), timeout: .seconds(20))
        try await connection.call(
            "blockdev-mirror",
            MigrationCommand.Mirror(job: Self.job, device: "root", target: Self.target, speed: order.limits.bandwidth.map { $0.count << 20 }))
        var last: (offset: Int64, at: ContinuousClock.Instant) = (0, .now)
        var shown = ContinuousClock.now
        while true {
            guard let job = try await jobs().first else { throw WorkFailure("the copy of its disk broke off") }
            if job.ready { return }
            if .now - shown >= .milliseconds(500) {
                let seconds = (ContinuousClock.now - last.at) / .seconds(1)
                await show(job.len, job.len - job.offset, seconds > 0 ? Int64(Double(job.offset - last.offset) / seconds) : 0)
                last = (job.offset, .now)
                shown = .now
            }
            try await pause(.milliseconds(50))
        }
    }

    /// The guest stands still: both disks are the same when the job has ended.
    private func endMirror() async throws(WorkFailure) {
        guard hasDisk else { return }
        guard let job = try await jobs().first, job.ready else { throw WorkFailure("the copy of its disk broke off") }
        try await connection.call("block-job-cancel", MigrationCommand.Job(device: Self.job))
        while !(try await jobs()).isEmpty { try await pause(.milliseconds(1)) }
        try await connection.call("blockdev-del", MigrationCommand.Node(name: Self.target))
    }

    // MARK: Memory

    private func begin() async throws(WorkFailure) {
        let wanted = ["pause-before-switchover", "auto-converge"].map { MigrationCommand.Capabilities.One(capability: $0, state: true) }
        try await connection.call("migrate-set-capabilities", MigrationCommand.Capabilities(capabilities: wanted))
        try await connection.call(
            "migrate-set-parameters",
            MigrationCommand.Parameters(
                hostname: "", downtime: order.limits.maxDowntime.count, bandwidth: (order.limits.bandwidth?.count ?? 1 << 20) << 20))
        try await connection.call("migrate", MigrationCommand.Place(uri: "unix:\(InstanceDirectory.File.stateDoor.nameForVMM)"))
    }

    private func show(_ total: Int64, _ remaining: Int64, _ rate: Int64) async {
        await tell(MigrationReport(id: order.id, stage: .sending, progress: TransferProgress(total: total, remaining: remaining, rate: rate)))
    }

    /// The guest runs here as before.
    /// - Returns: false where everything had been sent after all: then it stands still and waits for the ledger's word.
    private func undo() async -> Bool {
        if (try? await state().status) == "completed" { return false }
        try? await connection.execute("migrate_cancel")
        for _ in 0..<400 {
            let status = try? await state().status
            if status == "completed" { return false }
            if status != "cancelling", status != "active", status != "device", status != "pre-switchover", status != "setup" { break }
            try? await Task.sleep(for: .milliseconds(10))
        }
        if !((try? await jobs()) ?? []).isEmpty {
            try? await connection.call("block-job-cancel", MigrationCommand.Job(device: Self.job, force: true))
            for _ in 0..<400 where !((try? await jobs()) ?? []).isEmpty { try? await Task.sleep(for: .milliseconds(10)) }
        }
        try? await connection.call("blockdev-del", MigrationCommand.Node(name: Self.target))
        try? await connection.call("object-del", MigrationCommand.Gone(id: MigrationCommand.keys))
        if (try? await connection.execute("query-status", as: MigrationCommand.Status.self).status) == "paused" {
            try? await connection.execute("cont")
        }
        return true
    }
}
