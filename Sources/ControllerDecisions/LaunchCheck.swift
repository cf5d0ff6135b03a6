import ClusterModel

/// The bounds of a launch request that its types do not keep.
enum LaunchCheck {
    static func check(_ launch: Command.Launch) throws(ErrorBody) {
        let constraints = launch.constraints
        try bound(launch.groups.count, "groups")
        try bound(constraints.require.count, "constraints.require")
        try bound(constraints.prefer.count, "constraints.prefer")
        try bound(constraints.tolerate.count, "constraints.tolerate")
        try bound(constraints.traits.count, "constraints.traits")
        try bound(constraints.antiAffinity.count, "constraints.antiAffinity")
        try bound(constraints.affinity.count, "constraints.affinity")
        try bound(constraints.spread.count, "constraints.spread")
        for trait in constraints.traits { try text(trait, "constraints.traits") }
        for toleration in constraints.tolerate {
            try text(toleration.key, "constraints.tolerate")
            if let value = toleration.value, !value.isEmpty { try text(value, "constraints.tolerate") }
        }
        for rule in constraints.antiAffinity + constraints.affinity {
            if let domain = rule.domain { try text(domain, "the domain of a group rule") }
        }
        for rule in constraints.spread {
            try text(rule.domain, "constraints.spread.domain")
            guard rule.maximumSkew >= 1, rule.maximumSkew <= LedgerSettings.Limit.instances else {
                throw .invalid("constraints.spread.maximumSkew: \(rule.maximumSkew) is out of range: at least 1 is needed.")
            }
        }
        if let timeout = launch.stopTimeout { try stopTimeout(timeout) }
        guard InstanceSpec.priorities.contains(launch.priority) else {
            throw .invalid(
                "priority: \(launch.priority) is out of range: \(InstanceSpec.priorities.lowerBound) to \(InstanceSpec.priorities.upperBound) is allowed."
            )
        }
    }

    static func stopTimeout(_ timeout: Milliseconds) throws(ErrorBody) {
        guard timeout >= .zero, timeout <= LedgerSettings.Limit.stopTimeout else {
            throw .invalid("stopTimeout: \(timeout.count) ms is out of range: 0 to \(LedgerSettings.Limit.stopTimeout.count) ms is allowed.")
        }
    }

    static func resources(_ resources: Resources, _ path: String, least: Int64) throws(ErrorBody) {
        let most = Resources.maximumAmount
        for (amount, field) in [
            (resources.cpu.count, "milliCPU"), (resources.memory.count, "memoryMiB"), (resources.disk.count, "diskMiB"),
        ] {
            // A disk of zero is fine: an image of the format `linux` boots without one.
            let floor = field == "diskMiB" ? 0 : least
            guard amount >= floor, amount <= most else {
                throw .invalid("\(path).\(field): \(amount) is out of range: \(floor) to \(most) is allowed.")
            }
        }
        try bound(resources.devices.count, "\(path).devices")
        for device in resources.devices where device.count < 0 || device.count > most {
            throw .invalid("\(path).devices.\(device.name): \(device.count) is out of range: 0 to \(most) is allowed.")
        }
        guard Set(resources.devices.map(\.name)).count == resources.devices.count else {
            throw .invalid("\(path).devices: a device is named twice.")
        }
    }

    static func text(_ text: String, _ path: String) throws(ErrorBody) {
        guard let label = try? Label(key: text, value: ""), label.key == text else {
            throw .invalid("\(path): “\(Printable(text, limit: 40))” is not valid: use 1 to 63 letters, digits, “.”, “_”, “-” or “/”.")
        }
    }

    private static func bound(_ count: Int, _ path: String) throws(ErrorBody) {
        guard count <= LedgerSettings.Limit.rules else {
            throw .invalid("\(path): \(count) entries are too many: at most \(LedgerSettings.Limit.rules) are allowed.")
        }
    }
}
