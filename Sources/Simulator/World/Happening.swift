import AgentDecisions
import ClusterModel

/// One thing that happens at one moment. `life` numbers the process that it is for: what was meant for a process that died reaches nobody.
enum Happening {
    case delivery(Envelope)
    case agentStarts(node: Int, life: Int)
    case agentSyncs(node: Int, life: Int, turn: Int)
    /// The agent has waited long enough for this exchange.
    case exchangeOver(node: Int, life: Int, exchange: Int)
    case agentTicks(node: Int, life: Int)
    case workEnds(node: Int, life: Int, instance: InstanceID, ticket: Int)
    case vmmAnswers(node: Int, boot: Int, pid: Int32)
    case vmmEnds(node: Int, boot: Int, pid: Int32, exit: VMMExit)
    /// The agent hears of a VMM's end.
    case endSeen(node: Int, life: Int, instance: InstanceID, process: VMMProcess, exit: VMMExit)
    case doubtAskedAgain(node: Int, life: Int, instance: InstanceID, pid: Int32)
    case machineBoots(node: Int, boot: Int)
    /// The operator who said that it is dead lets it be switched on again.
    case machineReleased(node: Int)
    case watchdogBites(node: Int, boot: Int)
    case cageLooks(node: Int, boot: Int, pid: Int32)
    case guardLooks(node: Int, boot: Int)
    case controllerStarts(controller: Int, life: Int)
    case controllerOpens(controller: Int, life: Int)
    case controllerWrites(controller: Int, life: Int)
    case storeCommits(ticket: Int)
    case storeReplies(ticket: Int)
    case healthTick(controller: Int, life: Int)
    case holdEnds(controller: Int, life: Int, node: Int, exchange: Int)
    case intent(Int)
    case patienceEnds(client: Int, request: Int, attempt: Int)
    case requestRepeats(client: Int, request: Int)
    case controllerProves(controller: Int, life: Int)
    case proofReturns(controller: Int, life: Int, begun: Span, isOwn: Bool)
    case faultBegins(Int)
    case faultEnds(Int)
    /// An operator who lets recovery go on as soon as the brake is on.
    case operatorResumes
    case calmBegins
    case calmCheck

    /// For the trace's hash: what, and for whom.
    var signature: UInt64 {
        func word(_ kind: UInt64, _ who: Int, _ more: Int = 0) -> UInt64 {
            kind << 56 ^ UInt64(truncatingIfNeeded: who) << 32 ^ UInt64(truncatingIfNeeded: more)
        }
        return switch self {
        case .delivery(let envelope): word(1, envelope.number)
        case .agentStarts(let node, let life): word(2, node, life)
        case .agentSyncs(let node, let life, let turn): word(3, node, life << 16 ^ turn)
        case .exchangeOver(let node, _, let exchange): word(4, node, exchange)
        case .agentTicks(let node, let life): word(5, node, life)
        case .workEnds(let node, _, _, let ticket): word(6, node, ticket)
        case .vmmAnswers(let node, _, let pid): word(7, node, Int(pid))
        case .vmmEnds(let node, _, let pid, _): word(8, node, Int(pid))
        case .endSeen(let node, _, _, let process, _): word(9, node, Int(process.pid))
        case .doubtAskedAgain(let node, _, _, let pid): word(10, node, Int(pid))
        case .machineBoots(let node, let boot): word(11, node, boot)
        case .controllerOpens(let controller, let life): word(12, controller, life)
        case .controllerWrites(let controller, let life): word(13, controller, life)
        case .storeCommits(let ticket): word(14, ticket)
        case .storeReplies(let ticket): word(15, ticket)
        case .healthTick(let controller, let life): word(16, controller, life)
        case .holdEnds(let controller, _, let node, let hold): word(17, controller << 16 ^ node, hold)
        case .intent(let number): word(18, number)
        case .patienceEnds(let client, let request, let attempt): word(19, client, request << 8 ^ attempt)
        case .requestRepeats(let client, let request): word(20, client, request)
        case .faultBegins(let number): word(21, number)
        case .faultEnds(let number): word(22, number)
        case .calmBegins: word(23, 0)
        case .calmCheck: word(24, 0)
        case .controllerStarts(let controller, let life): word(30, controller, life)
        case .operatorResumes: word(32, 0)
        case .machineReleased(let node): word(31, node)
        case .watchdogBites(let node, let boot): word(25, node, boot)
        case .cageLooks(let node, _, let pid): word(26, node, Int(pid))
        case .guardLooks(let node, let boot): word(27, node, boot)
        case .controllerProves(let controller, let life): word(28, controller, life)
        case .proofReturns(let controller, let life, _, _): word(29, controller, life)
        }
    }
}
