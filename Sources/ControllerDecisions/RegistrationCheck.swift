import ClusterModel

/// What a node says of itself, held to bounds that keep the engine's sums exact.
enum RegistrationCheck {
    static func check(_ registration: NodeRegistration) throws(ErrorBody) {
        try LaunchCheck.resources(registration.capacity.total, "registration.capacity.total", least: 0)
        try LaunchCheck.resources(registration.capacity.reserved, "registration.capacity.reserved", least: 0)
        let ratios = registration.capacity.overcommit
        for (percent, name) in [
            (ratios.cpuPercent, "cpuPercent"), (ratios.memoryPercent, "memoryPercent"), (ratios.diskPercent, "diskPercent"),
        ] {
            guard (1...10_000).contains(percent) else {
                throw .invalid("registration.capacity.overcommit.\(name): \(percent) is out of range: 1 to 10000 is allowed.")
            }
        }
        guard registration.facts.overhead >= .zero, registration.facts.overhead.count <= 1 << 20 else {
            throw .invalid("registration.facts.overhead: \(registration.facts.overhead.count) MiB is out of range.")
        }
        guard registration.taints.count <= LedgerSettings.Limit.taintsOrTraits, registration.facts.traits.count <= LedgerSettings.Limit.taintsOrTraits
        else {
            throw .invalid("registration: at most \(LedgerSettings.Limit.taintsOrTraits) taints and as many traits are allowed.")
        }
        for trait in registration.facts.traits { try LaunchCheck.text(trait, "registration.facts.traits") }
        let facts = registration.facts
        if let network = facts.network {
            guard (network.mode == .bridge) == (network.range != nil) else {
                throw .invalid("registration.facts.network: a range goes with the mode bridge, and with no other.")
            }
        }
        for (text, field) in [
            (facts.vmmVersion, "vmmVersion"), (facts.agentVersion, "agentVersion"), (facts.kernel, "kernel"),
            (facts.network?.reason ?? "", "network.reason"),
        ] {
            guard text.utf8.count <= 256 else { throw .invalid("registration.facts.\(field): is longer than 256 bytes.") }
        }
    }
}
