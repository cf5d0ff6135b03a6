import AgentDecisions
import CageDecisions
import ClusterModel

/// A VMM's process with its cage.
struct SimulatedVMM {
    let process: VMMProcess
    let instance: InstanceID
    let startedAt: Moment
    let isFenced: Bool
    var cage: CageLease
    var hangs = 0
    var lies = 0
    var isEnding = false
    /// Nobody asked for it.
    var isStranger = false

    /// Early in its boot a guest hears no ACPI button.
    static let deafness = Span.seconds(2)
}
