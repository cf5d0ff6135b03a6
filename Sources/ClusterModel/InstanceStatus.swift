/// What was last observed of an instance.
package struct InstanceStatus: Hashable, Sendable, Codable {
    package var state: InstanceState
    /// The spec's generation that the node had acted on.
    package var observedGeneration: Int64
    /// One sentence on why it is in this state, when that is not plain.
    package var reason: String?
    package var address: String?
    package var pid: Int32?
    /// Restarts by policy since the last start that was asked for.
    package var restarts: Int
    package var since: Timestamp
    package var timings: StartTimings?

    package init(
        state: InstanceState, observedGeneration: Int64 = 0, reason: String? = nil, address: String? = nil, pid: Int32? = nil, restarts: Int = 0,
        since: Timestamp, timings: StartTimings? = nil
    ) {
        self.state = state
        self.observedGeneration = observedGeneration
        self.reason = reason
        self.address = address
        self.pid = pid
        self.restarts = restarts
        self.since = since
        self.timings = timings
    }
}

package enum InstanceState: String, Hashable, Sendable, Codable, CaseIterable {
    /// Waits for room (`--queue`).
    case pending
    /// Placed; the node has not taken it up yet.
    case scheduled
    /// The node fetches the image and makes disk and seed.
    case preparing
    case starting
    case running
    case stopping
    case stopped
    /// A step failed and will not be tried again by itself.
    case failed
    /// Its node is suspect or lost; it may well run.
    case unknown
    case deleting
    /// A VM that nobody asked for was found on a node; an operator adopts or destroys it.
    case quarantined
}

/// Microseconds from the agent's receipt of the desired spec, for the split of a launch's time.
package struct StartTimings: Hashable, Sendable, Codable {
    package var imageReady: Int64
    package var diskReady: Int64
    package var seedReady: Int64
    package var spawned: Int64

    private enum CodingKeys: String, CodingKey {
        case imageReady = "imageReadyMicroseconds"
        case diskReady = "diskReadyMicroseconds"
        case seedReady = "seedReadyMicroseconds"
        case spawned = "spawnedMicroseconds"
    }

    package init(imageReady: Int64, diskReady: Int64, seedReady: Int64, spawned: Int64) {
        self.imageReady = imageReady
        self.diskReady = diskReady
        self.seedReady = seedReady
        self.spawned = spawned
    }
}

/// One change of state, for the history.
package struct Transition: Hashable, Sendable, Codable {
    package var at: Timestamp
    package var from: InstanceState?
    package var to: InstanceState
    package var reason: String
    package static let kept = 32

    package init(at: Timestamp, from: InstanceState?, to: InstanceState, reason: String) {
        self.at = at
        self.from = from
        self.to = to
        self.reason = reason
    }
}
