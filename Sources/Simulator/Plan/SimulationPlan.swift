import ClusterModel

/// All that is decided before a run: what goes wrong, and what clients mean to do. Any part of it may be left out.
package struct SimulationPlan: Hashable, Sendable {
    package var faults: [Fault]
    package var intents: [Intent]
    package var timing: TimingProfile
    package var calmFrom: Moment

    package enum TimingProfile: String, Hashable, Sendable, CaseIterable { case standard, fast }

    static let clients = 4

    init(faults: [Fault], intents: [Intent], timing: TimingProfile, calmFrom: Moment) {
        self.faults = faults
        self.intents = intents
        self.timing = timing
        self.calmFrom = calmFrom
    }

    package init(_ settings: SimulationSettings) {
        var chance = SeededGenerator(seed: settings.seed, stream: 0)
        let nodes = settings.shape.machines.count
        timing = chance.chance(50) ? .standard : .fast
        calmFrom = Moment.zero + max(.seconds(60), settings.length - settings.calm)
        let filling = Span.seconds(20)
        let instances = settings.instances
        intents = (0..<instances).map { index in
            Intent(
                at: .zero + .seconds(2) + Span(nanoseconds: filling.nanoseconds * Int64(index) / Int64(max(1, instances))),
                client: index % Self.clients, kind: .launch, pick: chance.below(1 << 20))
        }
        faults = []
        planFaults(nodes: nodes, &chance)
        planIntents(instances: instances, &chance)
    }

    private mutating func planFaults(nodes: Int, _ chance: inout SeededGenerator) {
        let wait = timing.lease.wait
        var kinds = FaultKind.allCases.filter { _ in chance.chance(60) }
        if kinds.isEmpty { kinds = [.partition] }
        let drawn = kinds.flatMap { Array(repeating: $0, count: $0.weight) }
        // From one in seven minutes to one in seven seconds.
        let pause = chance.pick([7_000, 20_000, 60_000, 420_000])
        var at = Moment.zero + .seconds(5)
        while true {
            at = at + .milliseconds(1 + chance.below(2 * pause))
            guard at < calmFrom else { return }
            var fault = chance.pick(drawn).fault(at: at, nodes: nodes, wait: wait, &chance)
            fault.lasts = min(fault.lasts, calmFrom - at)
            faults.append(fault)
            // A link that grows slow and then fails.
            if case .badLink(let node, _, _, _) = fault.kind, chance.chance(50) {
                let cut = fault.at + Span(nanoseconds: fault.lasts.nanoseconds / 2)
                let lasts = min(Span(wait) * 2, calmFrom - cut)
                faults.append(Fault(at: cut, lasts: lasts, kind: .partition(from: node, count: 1, .both)))
            }
        }
    }

    private mutating func planIntents(instances: Int, _ chance: inout SeededGenerator) {
        let usual: [Intent.Kind] = [
            .launch, .launch, .launch, .launch, .delete, .delete, .delete, .stop, .stop, .start, .start, .start, .reboot, .cancel, .cordon,
            .uncordon, .uncordon, .removeLost, .settleStranger, .drain, .uncordon, .confirmDead, .resumeRecovery,
        ]
        let kinds = usual.filter { _ in chance.chance(80) }
        guard !kinds.isEmpty else { return }
        let pause = chance.pick([1000, 4000, 12_000])
        var at = Moment.zero + .seconds(25)
        while true {
            at = at + .milliseconds(1 + chance.below(2 * pause))
            guard at < calmFrom else { return }
            intents.append(Intent(at: at, client: chance.below(Self.clients), kind: chance.pick(kinds), pick: chance.below(1 << 20)))
        }
    }
}

extension SimulationPlan.TimingProfile {
    var lease: LeaseTiming {
        switch self {
        case .standard: .standard
        case .fast: .fast
        }
    }
}
