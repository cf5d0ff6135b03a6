import ClusterAPI
import ClusterModel
import Planner

/// Performs moves through the ordinary migrations: begun in the plan's order, a bounded number at once. The ledger checks each when it begins, so
/// that what has changed since the plan costs a move and never a rule.
struct RebalanceApplying {
    let client: APIClient
    let options: RebalanceOptions
    let progress: ProgressLine

    private struct Course {
        let count: Int
        var underWay = 0
        var moved = 0
        /// The first is told.
        var stayed: [String] = []
    }

    /// A former node gives its room back a moment after the move is done.
    private static let patience = Duration.seconds(15)
    private static let timeout = Milliseconds(seconds: 3600)

    init(client: APIClient, options: RebalanceOptions, quiet: Bool) {
        self.client = client
        self.options = options
        progress = ProgressLine(quiet: quiet)
    }

    /// Throws at the end where not every move was made. Interrupted, it begins no more; what is under way goes on.
    func perform(_ moves: [RebalancePlan.Move]) async throws {
        defer { progress.end() }
        Interrupt.setNotice("no further migration begins; those under way go on: see them with `berth operation list`")
        var course = Course(count: moves.count)
        try await withThrowingTaskGroup(of: String?.self) { group in
            for move in moves {
                if course.underWay == options.parallel ?? RebalanceOptions.standardParallel { try await settleOne(&group, &course) }
                try await begin(move, &group, &course)
            }
            while course.underWay > 0 { try await settleOne(&group, &course) }
        }
        let summary = "migrated \(course.moved) of \(course.count) instances"
        guard let first = course.stayed.first else { return progress.note(summary) }
        throw CommandFailure(.failed, "\(summary), \(course.stayed.count) stayed, such as: \(first)")
    }

    private func begin(_ move: RebalancePlan.Move, _ group: inout ThrowingTaskGroup<String?, any Error>, _ course: inout Course) async throws {
        var end: ContinuousClock.Instant?
        while true {
            do {
                guard let operation = try await client.migrate(move.instance.description, options.request(to: move.to)).operation else { return }
                course.underWay += 1
                group.addTask { try await self.end(of: operation, move) }
                return
            } catch let error as ErrorBody where error.code == .noCapacity || error.code == .conflict {
                // An earlier move may make the room that it wants.
                if course.underWay > 0 {
                    try await settleOne(&group, &course)
                    continue
                }
                end = end ?? .now + Self.patience
                guard course.moved > 0, let end, .now < end else {
                    return stays("\(move.name) stays on \(move.from): \(Printable(error.message, limit: 300))", &course)
                }
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }

    /// Nil when it has moved; else why not.
    private func end(of operation: InstanceOperation, _ move: RebalancePlan.Move) async throws -> String? {
        do {
            try await OperationWait(client: client, progress: ProgressLine(quiet: true), timeout: options.timeout ?? Self.timeout)
                .finish([operation])
            progress.note("\(move.name): migrated from \(move.from) to \(move.to)")
            return nil
        } catch let failure as CommandFailure { return failure.description }
    }

    private func settleOne(_ group: inout ThrowingTaskGroup<String?, any Error>, _ course: inout Course) async throws {
        guard let end = try await group.next() else { return }
        course.underWay -= 1
        if let why = end { stays(why, &course) } else { course.moved += 1 }
        progress.show("migrating", done: Int64(course.moved + course.stayed.count), of: Int64(course.count))
    }

    private func stays(_ why: String, _ course: inout Course) {
        progress.note(why)
        course.stayed.append(why)
    }
}
