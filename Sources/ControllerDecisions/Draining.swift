import ClusterModel
import Placement

/// Emptying a node that is alive: what may move moves, what can't is stopped where that was asked for.
extension ClusterState {
    mutating func drain(_ key: NodeKey, stop: Bool, parallel: Int, at now: Timestamp) throws(ErrorBody) -> Answer {
        var node = try find(key)
        guard DrainOrder.parallels.contains(parallel) else {
            throw .invalid(
                "parallel: \(parallel) is out of range: \(DrainOrder.parallels.lowerBound) to \(DrainOrder.parallels.upperBound) is allowed.")
        }
        guard node.health == .alive else {
            throw .conflict("Node “\(node.name)” is \(node.health.rawValue), and only a node that is alive can be drained.")
        }
        let plan = drainPlan(of: node, stop: stop)
        let stuck = plan.items.filter { $0.action == .stuck }
        if let first = stuck.first {
            let more = stuck.count > 1 ? " (and \(stuck.count - 1) more)" : ""
            throw .conflict("Node “\(node.name)” can't be drained: “\(first.name)”\(more) \(first.reason ?? "can't move").")
        }
        node.cordoned = true
        node.draining = true
        node.drain = DrainOrder(stop: stop, parallel: parallel, startedAt: node.drain?.startedAt ?? now)
        change(node)
        for record in ranked(on: node.id) where record.failedMigrations > 0 {
            var record = record
            record.failedMigrations = 0
            put(record)
        }
        note(
            .info, "NodeDraining", .node(node.id, name: node.name),
            "Node “\(node.name)” is drained: \(plan.count(.live) + plan.count(.cold)) to migrate, \(plan.count(.move)) to move, \(plan.count(.stop)) to stop.",
            at: now)
        roomAppeared()
        return .drain(node, plan)
    }

    // MARK: The plan

    /// What would become of each instance if the node were drained now, in the order in which it is done.
    package func drainPlan(of node: Node, stop: Bool) -> DrainPlan {
        var engine = engine
        var closed = node
        closed.draining = true
        engine.setNode(PlacementNode(closed))
        return DrainPlan(
            items: ranked(on: node.id).map { record in
                var item = DrainPlan.Item(instance: record.id, name: record.instance.name, project: record.instance.project, action: .leave)
                if case .migrate(let live) = drainStep(of: record), let decision = try? freeTarget(of: record, live: live, in: engine) {
                    engine.release(record.id)
                    engine.apply(.allocated(decision.allocation))
                    for volume in storage.volumes(of: record.id) {
                        let place = VolumeElsewhere(node: decision.node, state: .arriving, size: volume.volume.spec.size)
                        engine.apply(.allocated(place.allocation(of: volume.id)))
                    }
                    item.action = live ? .live : .cold
                    item.target = decision.nodeName
                    return item
                }
                switch stepInPlace(of: record) {
                case .migrate: break
                case .wait: item.reason = "is on its way out"
                case .done: item.reason = "is stopped and keeps its disk here"
                case .quarantined:
                    item.action = .stuck
                    item.reason = "is quarantined: adopt or destroy it first"
                case .stop(let why): Self.refuse(&item, why, stop: stop)
                case .move: moveOnPlan(record, &item, &engine, stop: stop)
                }
                return item
            })
    }

    private func moveOnPlan(_ record: InstanceRecord, _ item: inout DrainPlan.Item, _ engine: inout PlacementEngine, stop: Bool) {
        do {
            let decision = try Self.place(elsewhere: record, &engine)
            engine.release(record.id)
            engine.apply(.allocated(decision.allocation))
            item.action = .move
            item.target = decision.nodeName
        } catch {
            let why = "finds no room elsewhere (\(Self.summary(error)))"
            if record.instance.spec.desired == .running {
                Self.refuse(&item, why, stop: stop)
            } else {
                item.reason = why
            }
        }
    }

    private static func refuse(_ item: inout DrainPlan.Item, _ why: String, stop: Bool) {
        item.action = stop ? .stop : .stuck
        item.reason = stop ? why : "\(why); add --stop to stop it"
    }

    private enum DrainStep {
        /// Where a target is found; else what `stepInPlace` says.
        case migrate(live: Bool)
        case move
        case stop(String)
        case quarantined
        /// Something else is under way that ends by itself.
        case wait
        case done
    }

    private func drainStep(of record: InstanceRecord) -> DrainStep {
        if record.migration != nil { return .wait }
        guard !record.isQuarantined, immovable(record) == nil, record.failedMigrations < InstanceMigration.failuresOfDrain,
            let home = record.instance.placement?.node, nodes[home]?.value.facts.migration != nil,
            currentOperation(of: record)?.state != .running
        else { return stepInPlace(of: record) }
        switch (record.instance.spec.desired, record.instance.status.state) {
        case (.running, .running): return .migrate(live: true)
        case (.stopped, .stopped) where !record.mayMove && !record.stoppedByDrain: return .migrate(live: false)
        default: return stepInPlace(of: record)
        }
    }

    /// For one that does not migrate.
    private func stepInPlace(of record: InstanceRecord) -> DrainStep {
        if record.isQuarantined { return .quarantined }
        let state = record.instance.status.state
        let isAtRest = state == .stopped || state == .failed
        switch record.instance.spec.desired {
        case .deleted: return .wait
        case .stopped where record.stoppedByDrain || !record.mayMove: return isAtRest ? .done : .wait
        case .running where !record.mayMove:
            return isAtRest
                ? .done : .stop(record.found ? "was adopted and can't be made anew" : "stays on its node by its policy and is not ephemeral")
        case .running, .stopped: return .move
        }
    }

    /// By priority and age.
    private func ranked(on node: NodeID) -> [InstanceRecord] {
        instances(on: node).compactMap { instances[$0.id] }.sorted { PendingPlace($0) < PendingPlace($1) }.map(\.value)
    }

    // MARK: The work

    /// The next steps of every drain. Looks at the truth each time, so that it may be done again at any moment.
    mutating func drainNodes(at now: Timestamp) {
        for id in unrest.draining.sorted() {
            guard let node = nodes[id]?.value, node.health == .alive, let order = node.drain else { continue }
            drainOn(node, order, at: now)
        }
    }

    private mutating func drainOn(_ node: Node, _ order: DrainOrder, at now: Timestamp) {
        var moving = leaving(node.id)
        var isOver = moving == 0
        for record in ranked(on: node.id) {
            var step = drainStep(of: record)
            if case .migrate(let live) = step {
                guard moving < order.parallel else {
                    isOver = false
                    continue
                }
                if migrateForDrain(record, live: live, at: now) {
                    moving += 1
                    isOver = false
                    continue
                }
                step = stepInPlace(of: record)
            }
            switch step {
            case .done: continue
            case .migrate, .wait, .quarantined: break
            case .stop: if order.stop { stopForDrain(record, at: now) }
            case .move:
                guard moving < order.parallel, tombstones.count < LedgerSettings.Limit.tombstones else { break }
                if move(record, from: node, at: now) == nil {
                    moving += 1
                } else if order.stop {
                    stopForDrain(record, at: now)
                }
            }
            isOver = false
        }
        guard isOver, var drained = nodes[node.id]?.value else { return }
        drained.drain?.finishedAt = now
        change(drained)
        note(.info, "NodeDrained", .node(node.id, name: node.name), "Node “\(node.name)” is drained.", at: now)
    }

    private mutating func migrateForDrain(_ record: InstanceRecord, live: Bool, at now: Timestamp) -> Bool {
        let id = OperationID(begunBy: record.instance.generation + 1, of: record.id)
        guard operations[id] == nil, tombstones.count < LedgerSettings.Limit.tombstones,
            let decision = try? freeTarget(of: record, live: live, in: engine)
        else { return false }
        _ = begin(record, to: decision, live: live, id, MigrationLimits(), at: now)
        return true
    }

    /// On the way from there, and not yet gone.
    private func leaving(_ node: NodeID) -> Int {
        let migrating = instances(on: node).count { $0.isMigrating }
        let left = visits.on(node).count { !(instances[$0]?.value.isMigrating ?? true) }
        return unrest.departures(from: node) + migrating + left
    }

    private mutating func stopForDrain(_ record: InstanceRecord, at now: Timestamp) {
        guard record.instance.spec.desired == .running else { return }
        var record = record
        record.stoppedByDrain = true
        record.instance.spec.desired = .stopped
        changeUnasked(&record, .stop, reason: "its node is drained", at: now)
    }

    /// What the drain has stopped is started again.
    mutating func endDrain(of node: Node, at now: Timestamp) {
        for record in ranked(on: node.id) where record.stoppedByDrain {
            var record = record
            record.stoppedByDrain = false
            if record.instance.spec.desired == .stopped {
                record.instance.spec.desired = .running
                changeUnasked(&record, .start, reason: "its node takes instances again", at: now)
            } else {
                put(record)
            }
        }
    }

    private mutating func changeUnasked(_ record: inout InstanceRecord, _ kind: InstanceOperation.Kind, reason: String, at now: Timestamp) {
        // The id is of a generation that was never used.
        _ = try? command(&record, kind, OperationID(begunBy: record.instance.generation + 1, of: record.id), reason: reason, at: now)
    }

    // MARK: How far it has come

    package func drainProgress(of node: Node) -> DrainProgress? {
        guard let order = node.drain else { return nil }
        var progress = DrainProgress(order: order, moving: leaving(node.id), stopping: 0, waiting: 0)
        var first: InstanceRecord?
        for record in ranked(on: node.id) {
            switch drainStep(of: record) {
            case .done: continue
            case .wait where record.migration != nil: continue
            case .wait: progress.stopping += 1
            case .migrate, .move, .stop, .quarantined:
                progress.waiting += 1
                first = first ?? record
            }
        }
        if let first, order.finishedAt == nil { progress.reason = reason(first, order, moving: progress.moving) }
        return progress
    }

    private func reason(_ record: InstanceRecord, _ order: DrainOrder, moving: Int) -> String? {
        let name = record.instance.name
        switch stepInPlace(of: record) {
        case .done, .wait, .migrate: return nil
        case .quarantined: return "“\(name)” is quarantined: adopt or destroy it"
        case .stop(let why): return "“\(name)” \(why), and the drain was not asked to stop it"
        case .move:
            guard moving < order.parallel else { return nil }
            var engine = engine
            do {
                _ = try Self.place(elsewhere: record, &engine)
                return nil
            } catch {
                return "“\(name)” finds no room elsewhere (\(Self.summary(error)))"
            }
        }
    }
}

extension DrainPlan {
    package func count(_ action: Action) -> Int { items.count { $0.action == action } }
}
