/// Where an instance is in its life on a node, with what belongs to that place alone.
enum InstancePhase: Hashable, Sendable {
    case absent
    /// The step that is due or under way.
    case launching(InstanceWork)
    case running(VMMProcess, since: Duration)
    /// Killed from `hardAt` on; told again at `urgeAt`.
    case stopping(VMMProcess, hardAt: Duration, urgeAt: Duration)
    case halted
    case failed

    var vmm: VMMProcess? {
        switch self {
        case .running(let vmm, _), .stopping(let vmm, _, _): vmm
        case .absent, .launching, .halted, .failed: nil
        }
    }

    var local: LocalState {
        switch self {
        case .absent: .absent
        case .launching: .launching
        case .running: .running
        case .stopping: .stopping
        case .halted: .halted
        case .failed: .failed
        }
    }
}
