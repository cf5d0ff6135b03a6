import ClusterModel

/// What is said of a node in the same words by its agent's configuration and by a cluster file.
extension ConfigurationValue {
    /// "key=value:noPlace"; the effect may be left out.
    package func taint() throws(ConfigurationError) -> Taint {
        let text = try string()
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let effect = parts.count == 2 ? Taint.Effect(rawValue: String(parts[1])) : .noPlace else {
            throw error("“\(Printable(text, limit: 80))” is no taint: write key=value:noPlace or key=value:preferNoPlace")
        }
        do { return Taint(label: try Label(String(parts[0])), effect: effect) } catch { throw self.error(error.description) }
    }

    package func taints() throws(ConfigurationError) -> [Taint] {
        var taints: [Taint] = []
        for entry in try list() { taints.append(try entry.taint()) }
        return taints
    }

    /// Percentages of cpu, memory and disk; 100 where nothing is said.
    package func overcommit() throws(ConfigurationError) -> Capacity.Overcommit {
        let fields = try mapping(keys: ["cpu", "memory", "disk"])
        let percent: ClosedRange<Int64> = 1...10_000
        return Capacity.Overcommit(
            cpuPercent: try fields["cpu"]?.integer(in: percent) ?? 100, memoryPercent: try fields["memory"]?.integer(in: percent) ?? 100,
            diskPercent: try fields["disk"]?.integer(in: percent) ?? 100)
    }

    /// Counts by the devices' names.
    package func devices() throws(ConfigurationError) -> [Resources.DeviceCount] {
        var devices: [Resources.DeviceCount] = []
        for (key, amount) in try anyMapping().entries {
            let name: Name
            do { name = try Name(key) } catch { throw amount.error(error.description) }
            devices.append(.init(name: name, count: try amount.integer(in: 0...1_000_000)))
        }
        return devices
    }

    package func vmmKind() throws(ConfigurationError) -> VMMKind {
        let text = try string()
        guard let kind = VMMKind(rawValue: text) else { throw error("“\(Printable(text, limit: 40))” is not one of qemu, synthetic") }
        return kind
    }
}
