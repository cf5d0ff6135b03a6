import ClusterModel
import Logging

/// Keeps the volumes of one node as they are wanted. Level-triggered: it is told all of them, again and again, and looks at the files each time.
/// A volume that nobody speaks of is left alone.
package actor VolumeKeeper {
    private let pools: [any VolumePool]
    private let logger: Logger
    /// Raised when there is something to say.
    private let signal: ChangeSignal
    private var desired: [VolumeID: DesiredVolume] = [:]
    private var observed: [VolumeID: ObservedVolume] = [:]
    private var reported: [StoragePool] = []
    private var work: [VolumeID: Task<Void, Never>] = [:]
    /// To be looked at once more after the look that is under way.
    private var again: Set<VolumeID> = []
    private var hasNews = true

    private static let retry = Duration.seconds(5)
    private static let recheck = Duration.seconds(30)

    package init(pools: [any VolumePool], signal: ChangeSignal, logger: Logger) {
        self.pools = pools
        self.signal = signal
        self.logger = logger
        reported = pools.map { $0.report() }
    }

    nonisolated package func pool(of place: VolumePlace) throws(WorkFailure) -> any VolumePool {
        guard let pool = pools.first(where: { $0.name == place.pool }) else {
            throw WorkFailure("this node has no storage pool “\(place.pool)”", isLasting: true)
        }
        return pool
    }

    /// All that is wanted on this node.
    package func apply(_ volumes: [DesiredVolume]) {
        let wanted = Set(volumes.map(\.id))
        for id in observed.keys.sorted() where !wanted.contains(id) {
            // What is gone need not be remembered.
            observed[id] = nil
            desired[id] = nil
        }
        for volume in volumes {
            if let before = desired[volume.id], before.generation > volume.generation { continue }
            desired[volume.id] = volume
            tend(volume.id)
        }
    }

    package func everything() -> ObservedNodeStorage {
        ObservedNodeStorage(volumes: observed.keys.sorted().compactMap { observed[$0] }, pools: reported)
    }

    /// Whether something changed since the last call.
    package func takeNews() -> Bool {
        defer { hasNews = false }
        return hasNews
    }

    /// An instance's VMM has changed what is in the file.
    package func look(at id: VolumeID) { if desired[id] != nil { tend(id) } }

    /// Returns when the volume's data is there, or can't be.
    package func await(_ place: VolumePlace, within limit: Duration = .seconds(20)) async throws(WorkFailure) {
        let pool = try pool(of: place)
        let deadline = ContinuousClock.now + limit
        while pool.state(of: place) == nil {
            if let seen = observed[place.id], seen.state == .failed { throw WorkFailure(seen.reason ?? "volume \(place.id) failed", isLasting: true) }
            guard ContinuousClock.now < deadline, !Task.isCancelled else { throw WorkFailure("volume \(place.id) is not on this node") }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Looks at the pools and at files now and then until the task is cancelled: guests write to them.
    package func follow() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.recheck)
            for id in desired.keys.sorted() { tend(id) }
            lookAtPools()
        }
    }

    private func lookAtPools() {
        let now = pools.map { $0.report() }
        // Every block that a guest writes is no news.
        let moved = zip(now, reported).contains { abs($0.available.count - $1.available.count) * 50 > $0.total.count || $0.total != $1.total }
        guard moved else { return }
        reported = now
        tell()
    }

    private func tell() {
        hasNews = true
        signal.raise()
    }

    // MARK: One volume

    private func tend(_ id: VolumeID) {
        guard let volume = desired[id] else { return }
        guard work[id] == nil else {
            again.insert(id)
            return
        }
        work[id] = Task {
            let seen = await Self.bring(volume, pools)
            finish(seen, of: volume)
        }
    }

    private func finish(_ seen: ObservedVolume, of volume: DesiredVolume) {
        work[volume.id] = nil
        if let before = observed[volume.id], before.state != seen.state || before.reason != seen.reason, let reason = seen.reason {
            logger.warning("volume \(seen.state.rawValue)", metadata: ["volume": "\(volume.name)", "id": "\(volume.id)", "why": "\(reason)"])
        }
        if isNews(seen) {
            observed[volume.id] = seen
            lookAtPools()
            tell()
        }
        if again.remove(volume.id) != nil { return tend(volume.id) }
        guard seen.reason != nil else { return }
        Task {
            try? await Task.sleep(for: Self.retry)
            tend(volume.id)
        }
    }

    private func isNews(_ seen: ObservedVolume) -> Bool {
        guard var before = observed[seen.id] else { return true }
        // In steps of a hundredth, for the same reason.
        if let was = before.used, let used = seen.used, abs(was.count - used.count) * 100 <= max(seen.size?.count ?? 0, 100) { before.used = used }
        return before != seen
    }

    /// The next step of a volume, and what there is of it afterwards.
    private static func bring(_ volume: DesiredVolume, _ pools: [any VolumePool]) async -> ObservedVolume {
        var seen = ObservedVolume(id: volume.id, generation: volume.generation, state: .ready)
        guard let pool = pools.first(where: { $0.name == volume.place.pool }) else {
            seen.state = volume.deleted ? .absent : .failed
            seen.reason = volume.deleted ? nil : "this node has no storage pool “\(volume.place.pool)”"
            return seen
        }
        do throws(WorkFailure) { try await step(volume, pool, pools) } catch {
            seen.state = .failed
            seen.reason = error.description
        }
        let state = pool.state(of: volume.place)
        seen.size = state?.size
        seen.used = state?.used
        if volume.deleted, state == nil { seen.state = .absent }
        return seen
    }

    private static func step(_ volume: DesiredVolume, _ pool: any VolumePool, _ pools: [any VolumePool]) async throws(WorkFailure) {
        let state = pool.state(of: volume.place)
        if volume.deleted { return try await pool.delete(volume.place) }
        guard let state else {
            guard !volume.made else { throw WorkFailure("its data is not in pool “\(pool.name)” any more", isLasting: true) }
            guard let source = volume.source else { return try await pool.make(volume.place, size: volume.size) }
            guard let home = pools.first(where: { $0.name == source.pool }) else {
                throw WorkFailure("this node has no storage pool “\(source.pool)”", isLasting: true)
            }
            return try await pool.make(volume.place, size: volume.size, copyOf: home.path(of: source), format: source.format)
        }
        // The VMM that has it open grows it.
        guard volume.attached == nil, state.size < volume.size else { return }
        try await pool.grow(volume.place, to: volume.size)
    }
}
