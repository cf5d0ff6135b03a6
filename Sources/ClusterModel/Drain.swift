/// How a node is to be emptied.
package struct DrainOrder: Hashable, Sendable, Codable {
    /// Instances that can't move are stopped.
    package var stop: Bool
    /// Moves that are under way at once, at most.
    package var parallel: Int
    package var startedAt: Timestamp
    /// When the last instance had moved or stopped.
    package var finishedAt: Timestamp?

    package static let parallels = 1...64

    package init(stop: Bool, parallel: Int, startedAt: Timestamp, finishedAt: Timestamp? = nil) {
        self.stop = stop
        self.parallel = parallel
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }
}

/// What a drain does with each instance of its node, in the order in which it does it.
package struct DrainPlan: Hashable, Sendable, Codable {
    package var items: [Item]
    package init(items: [Item]) { self.items = items }

    package struct Item: Hashable, Sendable, Codable {
        package var instance: InstanceID
        package var name: Name
        package var project: Name
        package var action: Action
        /// Where it goes, as far as is known beforehand.
        package var target: Name?
        /// Why it does not move.
        package var reason: String?

        package init(instance: InstanceID, name: Name, project: Name, action: Action, target: Name? = nil, reason: String? = nil) {
            self.instance = instance
            self.name = name
            self.project = project
            self.action = action
            self.target = target
            self.reason = reason
        }
    }

    package enum Action: String, Hashable, Sendable, Codable, CaseIterable {
        /// Migrates running, with its disks.
        case live
        /// Stopped, and migrates with its disks.
        case cold
        /// Ended here, and begun anew elsewhere once that is confirmed.
        case move
        case stop
        /// Nothing runs, and it stays where it is.
        case leave
        /// It can neither move nor be stopped: the drain is refused.
        case stuck
    }
}

/// How far a drain has come. Derived, never stored.
package struct DrainProgress: Hashable, Sendable, Codable {
    package var order: DrainOrder
    /// Told to end here, and to start elsewhere after that.
    package var moving: Int
    package var stopping: Int
    /// Still to be moved or stopped.
    package var waiting: Int
    /// Why the first of those that wait does not move.
    package var reason: String?

    package init(order: DrainOrder, moving: Int, stopping: Int, waiting: Int, reason: String? = nil) {
        self.order = order
        self.moving = moving
        self.stopping = stopping
        self.waiting = waiting
        self.reason = reason
    }
}
