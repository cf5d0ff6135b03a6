import ClusterModel

extension PlacementState {
    func explain(_ request: PlacementRequest, policy: PlacementPolicy) -> Explanation {
        let scored = ScoredRequest(
            instance: request.instance, need: Amounts(request.resources.bounded), measure: measure, expiry: ExpiryPeriod(request.expiresAt))
        return switch policy {
        case .pack: explain(request, policy, PackScore(scored))
        case .spread: explain(request, policy, SpreadScore(scored))
        case .balanced: explain(request, policy, BalancedScore(scored))
        case .firstFit: explain(request, policy, FirstFitScore(scored))
        case .bestFitL2: explain(request, policy, BestFitL2Score(scored))
        case .worstFit: explain(request, policy, WorstFitScore(scored))
        case .random: explain(request, policy, RandomScore(scored))
        }
    }

    private func explain<Score: PlacementScore>(_ request: PlacementRequest, _ policy: PlacementPolicy, _ score: Score) -> Explanation {
        let nodes = self.nodes
        let check = RequestCheck(request, nodes: nodes, shunning: { groups.listsShunning($0).map(\.domain) }) { countsByNode(of: $0) }
        return Explanation(request, policy: policy, nodes: nodes, check: check, score: score) { (free(on: $0) ?? .zero, standing(of: $0)) }
    }

    private func countsByNode(of group: GroupKey) -> [NodeID: Int] {
        guard let list = groups.list(of: group) else { return [:] }
        return Dictionary(
            groups.nodes(of: list).map { (table.order.ids[Int($0.member)], Int($0.count)) }, uniquingKeysWith: { first, _ in first })
    }
}

extension Explanation {
    /// `nodes` in name order.
    init<Score: PlacementScore>(
        _ request: PlacementRequest, policy: PlacementPolicy, nodes: [PlacementNode], check: RequestCheck, score: Score,
        state: (NodeID) -> (free: Resources, standing: NodeStanding)
    ) {
        self.init(policy: policy, chosen: nil, nodes: [])
        var best: (wishes: Int, score: Double, disk: Int64)?
        for node in nodes {
            let (free, standing) = state(node.id)
            let verdict = check.verdict(node, free: free, standing: standing, score: score)
            let fits = verdict.refusals.isEmpty
            self.nodes.append(
                NodeVerdict(
                    node: node.id, name: node.name, score: fits ? Wish.shown(verdict.wishes, verdict.score) : nil, refusals: verdict.refusals,
                    reservations: verdict.reservations))
            guard fits else { continue }
            let disk: Int64 =
                switch Score.diskTie {
                case .lessFree: free.disk.count
                case .moreFree: -free.disk.count
                case .ignored: 0
                }
            if let best, best <= (verdict.wishes, verdict.score, disk) { continue }
            best = (verdict.wishes, verdict.score, disk)
            chosen = node.id
        }
    }
}
