import ClusterModel
import Placement

/// A row as it was and as it is: made where `before` is nil, gone where `after` is nil.
package struct Edit<Value: Sendable>: Sendable {
    package var before: Row<Value>?
    package var after: Row<Value>?
    package init(before: Row<Value>?, after: Row<Value>?) {
        self.before = before
        self.after = after
    }
    package var inverted: Self { Self(before: after, after: before) }
}

/// One change of what is durable, which can be taken back.
package enum Change: Sendable {
    case node(Edit<Node>)
    case instance(Edit<InstanceRecord>)
    case size(Edit<Size>)
    case image(Edit<Image>)
    case operation(Edit<InstanceOperation>)
    case tombstone(Edit<Tombstone>)
    case key(Edit<SSHKey>)
    case seed(Edit<KeptSeed>)
    case recovery(Edit<Recovery>)
    case joinToken(Edit<JoinToken>)
    case credential(Edit<NodeCredential>)
    case volume(Edit<VolumeRecord>)
    case snapshot(Edit<Snapshot>)
    case access(AccessChange)
    case capacity(Edit<CapacitySample>)

    package var inverted: Self {
        switch self {
        case .node(let edit): .node(edit.inverted)
        case .instance(let edit): .instance(edit.inverted)
        case .size(let edit): .size(edit.inverted)
        case .image(let edit): .image(edit.inverted)
        case .operation(let edit): .operation(edit.inverted)
        case .tombstone(let edit): .tombstone(edit.inverted)
        case .key(let edit): .key(edit.inverted)
        case .seed(let edit): .seed(edit.inverted)
        case .recovery(let edit): .recovery(edit.inverted)
        case .joinToken(let edit): .joinToken(edit.inverted)
        case .credential(let edit): .credential(edit.inverted)
        case .volume(let edit): .volume(edit.inverted)
        case .snapshot(let edit): .snapshot(edit.inverted)
        case .access(let change): .access(change.inverted)
        case .capacity(let edit): .capacity(edit.inverted)
        }
    }
}

package struct NumberedChange: Sendable {
    package var revision: Int64
    package var change: Change
    package init(revision: Int64, change: Change) {
        self.revision = revision
        self.change = change
    }
}

package struct NumberedStep: Hashable, Sendable, Codable {
    package var revision: Int64
    package var step: PlacementStep
    package init(revision: Int64, step: PlacementStep) {
        self.revision = revision
        self.step = step
    }
}

/// All that one command, or one batch of them, did. Every change, step and event has a number of its own, from one rising sequence.
package struct Effects: Sendable {
    package var changes: [NumberedChange] = []
    package var steps: [NumberedStep] = []
    package var events: [Event] = []
    /// Of the controller, where the command told it.
    package var uptime: Milliseconds?

    package init() {}

    package var isEmpty: Bool { changes.isEmpty && steps.isEmpty && events.isEmpty }

    package mutating func append(_ other: Self) {
        changes += other.changes
        steps += other.steps
        events += other.events
        uptime = other.uptime ?? uptime
    }
}
