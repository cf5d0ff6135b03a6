/// What an agent says of its part in migrations: where it takes them, and what its guests' machines are made of.
package struct MigrationFacts: Hashable, Sendable, Codable {
    /// Where another agent reaches it: "10.0.0.5:7481".
    package var endpoint: String
    /// Accelerator, machine type and processor as the guests see them: a running guest goes only to an equal one.
    package var machine: String

    package init(endpoint: String, machine: String) {
        self.endpoint = endpoint
        self.machine = machine
    }
}

/// A node's part in one migration, as it is told.
package struct MigrationOrder: Hashable, Sendable, Codable {
    package enum Part: String, Hashable, Sendable, Codable { case receive, send }

    package var id: OperationID
    package var part: Part
    /// The guest runs meanwhile; else only its disks go.
    package var live: Bool
    /// Of the receiving agent; told to the sender.
    package var endpoint: String?
    /// The one key that both sides hold, 64 hexadecimal digits: made by the receiver, told to the sender.
    package var secret: String?
    package var limits: MigrationLimits

    package init(
        id: OperationID, part: Part, live: Bool, endpoint: String? = nil, secret: String? = nil, limits: MigrationLimits = MigrationLimits()
    ) {
        self.id = id
        self.part = part
        self.live = live
        self.endpoint = endpoint
        self.secret = secret
        self.limits = limits
    }
}

package struct MigrationLimits: Hashable, Sendable, Codable {
    /// Per second; nil: what the network gives.
    package var bandwidth: MiB?
    /// The guest stands still when what remains can be sent within it.
    package var maxDowntime: Milliseconds

    package static let standardDowntime = Milliseconds(100)
    package static let bandwidths: ClosedRange<Int64> = 1...1_000_000
    package static let downtimes: ClosedRange<Int64> = 10...10_000

    private enum CodingKeys: String, CodingKey {
        case bandwidth = "bandwidthMiBPerSecond"
        case maxDowntime = "maxDowntimeMilliseconds"
    }

    package init(bandwidth: MiB? = nil, maxDowntime: Milliseconds = Self.standardDowntime) {
        self.bandwidth = bandwidth
        self.maxDowntime = maxDowntime
    }
}

/// How far a node has come with its part.
package struct MigrationReport: Hashable, Sendable, Codable {
    package enum Stage: String, Hashable, Sendable, Codable {
        /// The receiver listens; with its secret.
        case ready
        case sending
        /// The sender has sent everything and its guest stands still until the ledger says who goes on.
        case handedOver
        /// The receiver has everything, and its guest stands still.
        case received
        /// It has come to nothing here; the sender's guest runs on.
        case failed
    }

    package var id: OperationID
    package var stage: Stage
    package var secret: String?
    package var progress: TransferProgress?
    package var reason: String?

    package init(id: OperationID, stage: Stage, secret: String? = nil, progress: TransferProgress? = nil, reason: String? = nil) {
        self.id = id
        self.stage = stage
        self.secret = secret
        self.progress = progress
        self.reason = reason
    }
}

/// In bytes, and bytes a second.
package struct TransferProgress: Hashable, Sendable, Codable {
    package var total: Int64
    package var remaining: Int64
    package var rate: Int64

    private enum CodingKeys: String, CodingKey {
        case total = "totalBytes"
        case remaining = "remainingBytes"
        case rate = "bytesPerSecond"
    }

    package init(total: Int64, remaining: Int64, rate: Int64) {
        self.total = total
        self.remaining = remaining
        self.rate = rate
    }
}
