import ClusterModel
import Logging

/// Watches over the ledger's disk: its room, and a snapshot when one is due, counted from the latest there is.
struct StoreLoop: Sendable {
    let controller: Controller
    let every: Duration

    private static let tick = Duration.milliseconds(100)
    /// What ails a disk is not over in a second.
    private static let afterFailure = Duration.seconds(60)

    func run() async {
        var ticks: UInt64 = 0
        var notBefore = ContinuousClock.now
        while !Task.isCancelled, !controller.isStopping {
            if ticks.isMultiple(of: 10) {
                lookAtRoom()
                if notBefore <= .now, await !takeSnapshotIfDue(at: .now) { notBefore = .now + Self.afterFailure }
            }
            ticks &+= 1
            try? await Task.sleep(for: Self.tick)
        }
    }

    private func lookAtRoom() {
        guard controller.room.look() else { return }
        switch controller.room.level {
        case .low: controller.logger.error("the disk is nearly full; nothing new is taken in until there is room")
        case .ample: controller.logger.info("the disk has room again")
        }
    }

    /// False where one was due and could not be kept.
    private func takeSnapshotIfDue(at now: Timestamp) async -> Bool {
        let snapshots = controller.snapshots
        guard snapshots.kept > 0, controller.room.level == .ample else { return true }
        // A clock that was set back must not end them.
        if let latest = snapshots.latestAt, latest <= now.milliseconds, now.milliseconds - latest < every.inMilliseconds { return true }
        do {
            try await snapshots.take(of: controller.store, at: now) { [controller] in !controller.isStopping }
            return true
        } catch {
            if !controller.isStopping { controller.logger.error("no snapshot of the ledger was kept", metadata: ["why": "\(error)"]) }
            return false
        }
    }
}
