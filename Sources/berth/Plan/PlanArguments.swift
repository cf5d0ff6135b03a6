import ClusterModel
import Planner

/// What the planner's commands read from their arguments.
enum PlanArguments {
    static func count(_ text: String) throws -> Int {
        guard let number = Int(text), (1...1_000_000_000_000).contains(number) else {
            throw ArgumentText.Invalid(description: "write a whole number above 0")
        }
        return number
    }

    static func columns(_ text: String) throws -> TraceColumns { try TraceColumns(text) }
    static func memory(_ text: String) throws -> MiB { try Quantity.memory(text) }

    /// "vcpus=9600,memory=2250", in the trace's units.
    static func node(_ text: String) throws -> ReplayNode {
        var amounts: [String: Double] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, ["vcpus", "memory"].contains(pair[0]), let amount = Double(pair[1]) else {
                throw ArgumentText.Invalid(description: "write vcpus=…,memory=…, in the units of the trace")
            }
            amounts[String(pair[0])] = amount
        }
        guard let cpu = amounts["vcpus"], let memory = amounts["memory"], let node = ReplayNode(cpu: cpu, memory: memory) else {
            throw ArgumentText.Invalid(description: "write vcpus=…,memory=…, both above zero and in the units of the trace")
        }
        return node
    }

    /// "SIZE=COUNT", or "SIZE" for one.
    static func sizeCount(_ text: String) throws -> (size: Name, count: Int) {
        let pair = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = try Name(pair.first.map(String.init) ?? "")
        return (name, pair.count == 2 ? try ArgumentText.positive(String(pair[1])) : 1)
    }

    static func policy(_ text: String) throws -> PlacementPolicy {
        guard let policy = PlacementPolicy(rawValue: text) else {
            throw ArgumentText.Invalid(description: "known policies are \(PlacementPolicy.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return policy
    }
}
