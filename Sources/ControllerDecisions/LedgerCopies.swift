import ClusterModel
import Placement

/// A second copy of the state that follows the first by its effects, for readers; and the state as the store gave it back.
extension ClusterState {
    package mutating func learn(uptime: Milliseconds?) { if let uptime { losses.uptime = uptime } }

    package mutating func follow(_ steps: [NumberedStep], to revision: Int64) {
        for step in steps { engine.apply(step.step) }
        self.revision = revision
    }

    /// Rows in the order of their keys. The engine's nodes and allocations follow from them, and so does every index.
    package mutating func restore(_ rows: [Change], revision: Int64) {
        for row in rows { install(row) }
        for row in nodes.values.sorted(by: { $0.key < $1.key }) { engine.setNode(placementNode(row.value)) }
        for row in instances.values.sorted(by: { $0.key < $1.key }) {
            for allocation in row.value.allocations { engine.apply(.allocated(allocation)) }
        }
        restoreVolumes()
        self.revision = revision
        roomAppeared()
    }
}

extension ClusterState {
    /// Takes back one step of placement alone, to see the engine as it was.
    package mutating func rewind(_ step: NumberedStep) { engine.apply(step.step.inverted) }
}
