import ClusterModel
import ControllerDecisions

/// What became of a cluster that lost some of its machines. Times are seconds since the loss.
package struct LossReport: Hashable, Sendable, Codable {
    package struct Moved: Hashable, Sendable, Codable {
        package var name: Name
        package var from: Name
        /// Nil where it waits for room, or for its node.
        package var to: Name?
        package var state: InstanceState
        /// Until it ran elsewhere.
        package var afterSeconds: Double?
    }

    package struct Line: Hashable, Sendable, Codable {
        package var afterSeconds: Double
        package var level: Event.Level
        package var reason: String
        package var message: String
    }

    package var nodes = 0
    package var lostNodes: [Name] = []
    /// Until the ledger called the last of them suspect, and lost.
    package var suspectAfterSeconds: Double?
    package var lostAfterSeconds: Double?
    /// Why automatic recovery stood still at the end; nil where it did not.
    package var hold: String?
    /// Those that were on the lost machines, by name.
    package var instances: [Moved] = []
    package var events: [Line] = []
    /// A promise that was broken on the way.
    package var violation: String?

    package var elsewhere: Int { instances.count { $0.to != nil && $0.state == .running } }

    private static let keptEvents = 10_000

    package init(_ loss: ClusterLoss) {
        var settings = SimulationSettings(seed: 1, shape: loss.shape, instances: loss.workloads.count, length: loss.length)
        settings.loss = loss
        let world = World(settings, plan: loss.plan)
        world.run()
        nodes = loss.shape.machines.count
        lostNodes = loss.lost.map { loss.shape.machines[$0].registration.name }
        violation = world.invariants.violation.map { "\($0.promise.rawValue): \($0.what)" }
        let watch = world.invariants.loss
        events = watch.events.prefix(Self.keptEvents).map { entry in
            Line(
                afterSeconds: (entry.at - loss.at).inSeconds, level: entry.event.level, reason: entry.event.reason, message: entry.event.message)
        }
        let lost = Set(loss.lost.map { world.nodes[$0].id })
        let mirror = world.invariants.mirror
        hold = mirror.recovery?.hold?.message
        suspectAfterSeconds = latest("NodeSuspect")
        lostAfterSeconds = latest("NodeLost")
        instances = watch.before.values.filter { $0.placement.map { lost.contains($0.node) } ?? false }.map { before in
            let after = mirror.instances[before.id]?.value.instance
            let isElsewhere = after?.placement.map { !lost.contains($0.node) } ?? false
            return Moved(
                name: before.name, from: before.placement?.nodeName ?? before.name, to: isElsewhere ? after?.placement?.nodeName : nil,
                state: after?.status.state ?? .unknown, afterSeconds: watch.ranElsewhere[before.id].map { ($0 - loss.at).inSeconds })
        }.sorted { $0.name < $1.name }
    }

    private func latest(_ reason: String) -> Double? { events.last { $0.reason == reason }?.afterSeconds }
}

/// Keeps what a `LossReport` is made from.
struct LossWatch {
    private(set) var before: [InstanceID: Instance] = [:]
    private(set) var ranElsewhere: [InstanceID: Moment] = [:]
    private(set) var events: [(at: Moment, event: Event)] = []

    /// - Parameter at: of the loss.
    mutating func take(_ effects: Effects, lossAt at: Moment, now: Moment) {
        if now >= at { events += effects.events.map { (now, $0) } }
        for change in effects.changes {
            guard case .instance(let edit) = change.change, let instance = edit.after?.value.instance else { continue }
            guard now >= at else {
                before[instance.id] = instance
                continue
            }
            guard instance.status.state == .running, let was = before[instance.id]?.placement?.node, instance.placement?.node != was,
                ranElsewhere[instance.id] == nil
            else { continue }
            ranElsewhere[instance.id] = now
        }
    }
}
