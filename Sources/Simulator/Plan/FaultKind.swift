import AgentDecisions
import ClusterModel

/// The families of faults. Each seed leaves some of them out, so that rare meetings of the others come about.
enum FaultKind: CaseIterable {
    case agentCrash, machineCrash, pauseAgent, pauseCages, pauseGuardian, pauseMachine, controllerCrash, controllerPause, takeover, partition,
        clientsCutOff, badLink, storeSlow, storeFull, storeUnknown, vmmDies, vmmHangs, vmmLies, diskFull, workFails, wallClock, stranger, recordLost

    var weight: Int {
        switch self {
        case .partition: 8
        case .agentCrash, .machineCrash, .badLink, .controllerCrash: 5
        case .pauseAgent, .takeover, .vmmDies: 4
        case .pauseCages, .pauseGuardian, .pauseMachine, .controllerPause, .storeUnknown, .workFails: 2
        case .clientsCutOff, .storeSlow, .storeFull, .vmmHangs, .vmmLies, .diskFull, .wallClock, .stranger, .recordLost: 1
        }
    }

    func fault(at moment: Moment, nodes: Int, wait: Milliseconds, _ chance: inout SeededGenerator) -> Fault {
        let node = chance.below(nodes)
        let pick = chance.below(8)
        // Around the times that decide: less than the lease, about the wait, and well beyond.
        let span = Span(nanoseconds: Span(wait).nanoseconds * Int64(chance.pick([2, 20, 60, 90, 100, 110, 200, 400])) / 100)
        let short = Span.milliseconds(200 + chance.below(20_000))
        let cut = chance.pick(Fault.Cut.allCases)
        let (lasts, kind): (Span, Fault.Kind) =
            switch self {
            case .agentCrash: (chance.chance(70) ? short : span, .agentCrash(node: node, afterEffects: chance.below(12)))
            case .machineCrash: (span, .machineCrash(node: node))
            case .pauseAgent: (span, .pause(.agent, node: node))
            case .pauseCages: (span, .pause(.cages, node: node))
            case .pauseGuardian: (span, .pause(.guardian, node: node))
            case .pauseMachine: (span, .pause(.machine, node: node))
            case .controllerCrash: (short, .controllerCrash(afterBoundaries: chance.below(10)))
            case .controllerPause: (span, .controllerPause)
            case .takeover: (span, .takeover)
            case .partition: (span, .partition(from: node, count: 1 + chance.below(max(1, chance.chance(85) ? nodes / 4 : nodes)), cut))
            case .clientsCutOff: (short, .clientsCutOff(cut))
            case .badLink:
                (
                    span,
                    .badLink(
                        node: node, dropped: chance.pick([0, 5, 30, 60]), repeated: chance.pick([0, 5, 30]),
                        delay: .milliseconds(chance.pick([1, 100, 3000, 20_000])))
                )
            case .storeSlow: (span, .storeSlow(by: .milliseconds(chance.pick([200, 2000, 20_000]))))
            case .storeFull: (short, .storeFull)
            case .storeUnknown: (.milliseconds(100 + chance.below(2000)), .storeUnknown(isDone: chance.chance(50)))
            case .vmmDies: (.zero, .vmmDies(node: node, pick: pick))
            case .vmmHangs: (span, .vmmHangs(node: node, pick: pick))
            case .vmmLies: (span, .vmmLies(node: node, pick: pick))
            case .diskFull: (short, .diskFull(node: node))
            case .workFails: (span, .workFails(node: node, chance.pick(InstanceWork.allCases)))
            case .wallClock: (.zero, .wallClock(by: .seconds((chance.below(7) - 3) * 40_000)))
            case .stranger: (.zero, .stranger(node: node))
            case .recordLost: (.zero, .recordLost(node: node, pick: pick))
            }
        return Fault(at: moment, lasts: lasts, kind: kind)
    }
}
