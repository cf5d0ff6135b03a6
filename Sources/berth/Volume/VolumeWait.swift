import ClusterAPI
import ClusterModel

/// Waits until a volume is as somebody wants it, or can't be.
struct VolumeWait {
    let client: APIClient
    let timeout: Milliseconds

    func until(_ volume: Volume, _ words: String, _ isDone: (Volume?) -> Bool) async throws {
        let end = ContinuousClock.now + timeout.duration
        var pause = Duration.milliseconds(40)
        while true {
            let seen: Volume?
            do { seen = try await client.volume(volume.id.description) } catch let error as ErrorBody where error.code == .notFound { seen = nil }
            if isDone(seen) { return }
            if let seen, seen.status.state == .failed || seen.status.state == .deleting, let reason = seen.status.reason {
                throw CommandFailure(.failed, "volume \(volume.name) failed: \(Printable(reason, limit: 500))")
            }
            guard .now < end else {
                throw CommandFailure(
                    .timedOut, "volume \(volume.name) is not \(words) after \(timeout): it is \(seen?.status.state.rawValue ?? "gone")")
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 1.5, .milliseconds(500))
        }
    }
}
