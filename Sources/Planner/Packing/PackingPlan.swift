/// How many bins a list of items needs.
package struct PackingPlan: Sendable, Codable {
    package let lowerBound: Int
    package let nodes: Int
    /// No packing has fewer bins.
    package let provenOptimal: Bool
    /// Fit tests done, of the budget.
    package let steps: Int
    /// The safety stop ended the search before its budget did; another run may find another answer.
    package let interrupted: Bool
    /// The items of each bin.
    package let bins: [[Int]]

    private enum CodingKeys: String, CodingKey { case lowerBound, nodes, provenOptimal, steps, interrupted }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        lowerBound = try fields.decode(Int.self, forKey: .lowerBound)
        nodes = try fields.decode(Int.self, forKey: .nodes)
        provenOptimal = try fields.decode(Bool.self, forKey: .provenOptimal)
        steps = try fields.decode(Int.self, forKey: .steps)
        interrupted = try fields.decode(Bool.self, forKey: .interrupted)
        bins = []
    }

    /// About a second of a core of 2020.
    package static let defaultSteps = 40_000_000

    /// The same for the same instance, steps and seed. `stop` is asked now and then, and ends the search when true.
    package init(_ instance: PackingInstance, steps budget: Int = defaultSteps, seed: UInt64 = 1, stop: @escaping () -> Bool = { false }) {
        var bound = PackingBound.best(instance)
        var best = FirstPacking.best(of: instance)
        var spent = 0
        // Fillings that waste little enough are worth much of the budget: they find what a search by chance would not, or raise the bound.
        exact: while best.count > bound, spent < budget / 2 {
            guard let tight = TightFillings(instance, bins: bound, limit: budget / 8 * 5, stop: stop) else {
                // Looking for fillings is several times as quick as a step of the search.
                spent += budget / 8
                break
            }
            var cover = ExactCover(tight, of: instance)
            let answer = cover.solve(limit: budget / 8, stop: stop)
            spent += tight.steps / 4 + cover.steps
            switch answer {
            case .packing(let packing): best = packing
            case .impossible: bound += 1
            case .outOfSteps: break exact
            }
        }
        var search = EjectionSearch(instance, packed: best, seed: seed)
        var interrupted = false
        while best.count > bound {
            search.dropBin()
            guard
                search.settle(
                    limit: budget - spent,
                    stop: {
                        interrupted = interrupted || stop(); return interrupted
                    })
            else { break }
            best = search.packing
        }
        lowerBound = bound
        nodes = best.count
        provenOptimal = best.count == bound
        steps = spent + search.steps
        self.interrupted = interrupted
        bins = best
    }
}
