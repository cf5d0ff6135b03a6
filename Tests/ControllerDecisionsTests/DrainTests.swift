import ClusterModel
import ControllerDecisions
import Placement
import Testing

@Suite("draining a node")
struct DrainTests {
    private func cluster(cpus: Int64 = 4) -> (PlayedCluster, NodeID) {
        var cluster = PlayedCluster(nodes: 1)
        cluster.ledger.launch("web", recovery: .fenced)
        cluster.ledger.launch("cache", image: "debian", ephemeral: true, priority: 3)
        cluster.ledger.launch("db", image: "debian")
        cluster.ledger.launch("off", image: "debian")
        for _ in 0..<3 { cluster.syncAll() }
        cluster.apply(.stop(cluster.ledger.key("off"), cluster.ledger.newID(), force: false, within: nil))
        for _ in 0..<3 { cluster.syncAll() }
        for number in 2...3 { cluster.join(UInt64(number), cpus: cpus) }
        return (cluster, cluster.nodeIDs[0])
    }

    private func plan(_ cluster: PlayedCluster, _ node: NodeID, stop: Bool) throws -> [String] {
        let node = try #require(cluster.ledger.state.nodes[node]?.value)
        return cluster.ledger.state.drainPlan(of: node, stop: stop).items.map { item in
            "\(item.name) \(item.action.rawValue)\(item.target.map { " \($0)" } ?? "")"
        }
    }

    @Test("the plan says what becomes of each, by priority and age, and changes nothing; a node that can't be emptied is refused")
    func plan() throws {
        let (cluster, node) = cluster()
        #expect(try plan(cluster, node, stop: false) == ["cache move n2", "web move n2", "db stuck", "off leave"])
        #expect(try plan(cluster, node, stop: true) == ["cache move n2", "web move n2", "db stop", "off leave"])
        var refused = cluster
        let error = try #require(throws: ErrorBody.self) { try refused.apply(.drain(.id(node), stop: false, parallel: 4)).result.get() }
        #expect(error.message.contains("“db” stays on its node by its policy and is not ephemeral; add --stop to stop it"), "\(error.message)")
        #expect(refused.ledger.state.nodes[node]?.value.draining == false)
    }

    @Test("each ends on the old node before the new one is told; what can't move is stopped, and started again by uncordon")
    func drained() throws {
        var (cluster, node) = cluster()
        let web = try #require(cluster.ledger.record("web")).id
        _ = try cluster.apply(.drain(.id(node), stop: true, parallel: 4)).result.get()
        #expect(cluster.ledger.record("web")?.instance.status.state == .stopping)
        let target = try #require(cluster.ledger.record("web")?.instance.placement?.node)
        #expect(target != node && cluster.ledger.state.desiredSet(of: target, seen: 0).instances.isEmpty)
        var between = 0
        for _ in 0..<8 {
            cluster.syncAll()
            #expect(cluster.runningTwice.isEmpty)
            if cluster.runs(web).isEmpty { between += 1 }
        }
        #expect(between > 0 && cluster.runs(web) == [target])
        let drained = try #require(cluster.ledger.state.nodes[node]?.value)
        #expect(drained.drain?.finishedAt != nil && drained.cordoned && drained.draining)
        #expect(cluster.ledger.record("db")?.instance.status.state == .stopped)
        #expect(cluster.ledger.state.instances(on: node).map(\.instance.name.text).sorted() == ["db", "off"])
        #expect(cluster.ledger.state.operations.values.allSatisfy { $0.value.state != .running })

        cluster.apply(.uncordon(.id(node)))
        for _ in 0..<4 { cluster.syncAll() }
        #expect(cluster.ledger.record("db")?.instance.status.state == .running)
        #expect(cluster.ledger.record("off")?.instance.status.state == .stopped, "what its owner stopped stays stopped")
        #expect(cluster.ledger.state.nodes[node]?.value.drain == nil)
    }

    @Test("no more move at once than the limit, and what finds no room waits and says so")
    func bounds() throws {
        var cluster = PlayedCluster(nodes: 1, cpus: 8)
        for number in 1...4 { cluster.ledger.launch("m\(number)", ephemeral: true) }
        for _ in 0..<3 { cluster.syncAll() }
        let node = cluster.nodeIDs[0]
        cluster.join(2, cpus: 3)
        let error = try #require(throws: ErrorBody.self) { try cluster.apply(.drain(.id(node), stop: false, parallel: 2)).result.get() }
        #expect(error.message.contains("“m4” finds no room elsewhere"), "\(error.message)")
        let other = cluster.join(3, cpus: 1)
        _ = try cluster.ledger.apply(.drain(.id(node), stop: false, parallel: 2)).result.get()
        // Before the first step: room that the plan counted on is gone.
        cluster.apply(.cordon(.id(other)))
        var most = 0
        for _ in 0..<12 {
            most = max(most, cluster.ledger.state.tombstones(on: node).count)
            cluster.syncAll()
        }
        #expect(most == 2)
        let progress = try #require(cluster.ledger.state.drainProgress(of: try cluster.ledger.state.find(.id(node))))
        #expect(progress.waiting == 1 && progress.order.finishedAt == nil && progress.reason?.contains("finds no room") ?? false)
        cluster.apply(.uncordon(.id(other)))
        for _ in 0..<6 { cluster.syncAll() }
        #expect(cluster.ledger.state.instances(on: node).isEmpty && cluster.ledger.state.nodes[node]?.value.drain?.finishedAt != nil)
    }

    @Test("targets are never draining, cordoned or suspect")
    func targets() throws {
        var (cluster, node) = cluster()
        let others = cluster.nodeIDs.filter { $0 != node }
        cluster.apply(.cordon(.id(others[0])))
        cluster.apply(
            .healthTick(
                [.init(node: others[1], age: Milliseconds(seconds: 12), wasHeard: true, timing: HeartbeatTiming())], uptime: cluster.ledger.uptime))
        #expect(try plan(cluster, node, stop: true) == ["cache stop", "web stop", "db stop", "off leave"])
        cluster.apply(.uncordon(.id(others[0])))
        _ = try cluster.apply(.drain(.id(others[0]), stop: false, parallel: 1)).result.get()
        #expect(try plan(cluster, node, stop: true) == ["cache stop", "web stop", "db stop", "off leave"])
        #expect(throws: ErrorBody.self) { try cluster.apply(.drain(.id(others[1]), stop: false, parallel: 1)).result.get() }
        let range = try #require(throws: ErrorBody.self) { try cluster.apply(.drain(.id(node), stop: true, parallel: 0)).result.get() }
        #expect(range.message.contains("1 to 64"))
    }

    @Test("a stop that is asked for outlasts the drain that had stopped the instance before")
    func stopOutlastsDrain() throws {
        var (cluster, node) = cluster()
        _ = try cluster.apply(.drain(.id(node), stop: true, parallel: 4)).result.get()
        for _ in 0..<8 { cluster.syncAll() }
        #expect(cluster.ledger.record("db")?.stoppedByDrain == true)
        _ = try cluster.apply(.stop(cluster.ledger.key("db"), cluster.ledger.newID(), force: false, within: nil)).result.get()
        cluster.apply(.uncordon(.id(node)))
        for _ in 0..<4 { cluster.syncAll() }
        #expect(cluster.ledger.record("db")?.instance.spec.desired == .stopped)
    }

    @Test("a node can't be removed while what moves away from it may still run there")
    func removedInDrain() throws {
        var (cluster, node) = cluster()
        _ = try cluster.apply(.drain(.id(node), stop: true, parallel: 4)).result.get()
        #expect(cluster.ledger.record("cache")?.isLeaving == true)
        cluster.apply(
            .healthTick([.init(node: node, age: Milliseconds(seconds: 36), wasHeard: true, timing: HeartbeatTiming())], uptime: cluster.ledger.uptime)
        )
        #expect(cluster.ledger.state.nodes[node]?.value.health == .lost)
        #expect(throws: ErrorBody.self) { try cluster.apply(.removeNode(.id(node))).result.get() }
        #expect(cluster.ledger.record("cache")?.isLeaving == true, "it stays, and no lease ends it")
        _ = try cluster.apply(.confirmDead(.id(node), diskGone: false)).result.get()
        _ = try cluster.apply(.removeNode(.id(node))).result.get()
        #expect(cluster.ledger.record("cache")?.isLeaving == false)
    }

    @Test("a node lost in the midst of its drain: what is fenced starts elsewhere, what is not waits until it is sure")
    func lostMeanwhile() throws {
        var (cluster, node) = cluster()
        _ = try cluster.apply(.drain(.id(node), stop: true, parallel: 4)).result.get()
        cluster.lose(node)
        #expect(cluster.ledger.record("web")?.instance.status.state == .scheduled)
        #expect(cluster.ledger.record("cache")?.instance.status.state == .unknown)
        for _ in 0..<4 { cluster.syncAll() }
        let cache = try #require(cluster.ledger.record("cache")).id
        #expect(cluster.runs(cache) == [node], "it was not fenced, so it may well run")
        cluster.agents[node]?.vms = [:]
        cluster.apply(.confirmDead(.id(node), diskGone: false))
        for _ in 0..<4 { cluster.syncAll() }
        #expect(cluster.runs(cache).count == 1 && cluster.runs(cache) != [node])
    }
}
