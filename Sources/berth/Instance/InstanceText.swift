import ClusterModel

/// One instance in full.
package enum InstanceText {
    package static func of(_ instance: Instance, now: Timestamp) -> String {
        var fields = FieldList()
        fields.add("Name", instance.name.text)
        fields.add("Id", instance.id.description)
        let status = instance.status
        fields.add("State", "\(status.state.rawValue) for \(HumanText.age(since: status.since, now: now)), wanted \(instance.spec.desired.rawValue)")
        fields.add("Reason", status.reason)
        fields.add("Node", instance.placement?.nodeName.text)
        fields.add("Address", status.address)
        fields.add("Pid", status.pid.map { "\($0)" })
        addSpec(instance.spec, to: &fields)
        fields.add("Restarts", status.restarts == 0 ? nil : "\(status.restarts)")
        let behind = status.observedGeneration < instance.generation ? ", the node has acted on \(status.observedGeneration)" : ""
        fields.add("Generation", "\(instance.generation)\(behind)")
        fields.add("Allocated", instance.placement.map { ResourcesText.of($0.allocation) })
        fields.add("Start took", status.timings.map(timings))
        fields.add("Created", "\(instance.createdAt) (\(HumanText.age(since: instance.createdAt, now: now)) ago)")
        return fields.text + history(instance.history)
    }

    private static func addSpec(_ spec: InstanceSpec, to fields: inout FieldList) {
        fields.add("Size", "\(spec.size) (\(ResourcesText.of(spec.resources)))")
        fields.add(
            "Image",
            "\(spec.image.name) (\(spec.image.format.rawValue), \(HumanText.bytes(spec.image.bytes)), sha256 \(spec.image.digest.hex.prefix(12)))")
        fields.add("Seed", spec.seed.map(seed))
        fields.add("Protected", spec.protected ? "from deletion" : nil)
        fields.add("Expires", spec.expiresAt?.description)
        fields.add("Labels", spec.labels.all.map(\.description).joined(separator: ", "))
        fields.add("Groups", spec.groups.map(\.text).joined(separator: ", "))
        fields.add("Policy", spec.policy?.rawValue)
        fields.add("Volumes", spec.volumes?.map(\.text).joined(separator: ", "))
        fields.add("Restart", spec.restart.rawValue)
        fields.add("Recovery", spec.recovery.rawValue + (spec.ephemeral ? ", ephemeral" : ""))
        fields.add("Priority", spec.priority == 0 ? nil : "\(spec.priority)")
    }

    private static func seed(_ seed: SeedSummary) -> String {
        var parts = seed.keys.isEmpty ? [] : ["keys \(seed.keys.map(\.text).joined(separator: ", "))"]
        if seed.userDataBytes > 0 { parts.append("user-data of \(seed.userDataBytes) bytes") }
        if seed.vendorDataBytes > 0 { parts.append("vendor-data of \(seed.vendorDataBytes) bytes") }
        return parts.joined(separator: "; ")
    }

    /// Microseconds since the node took up the spec, as milliseconds and in order.
    private static func timings(_ timings: StartTimings) -> String {
        let steps = [("image", timings.imageReady), ("disk", timings.diskReady), ("seed", timings.seedReady), ("VMM", timings.spawned)]
        return steps.map { "\($0.0) at \($0.1 / 1000).\($0.1 % 1000 / 100) ms" }.joined(separator: ", ")
    }

    private static func history(_ transitions: [Transition]) -> String {
        guard !transitions.isEmpty else { return "" }
        return "\n"
            + Table.text(
                of: transitions,
                columns: [
                    Column("AT") { $0.at.description },
                    Column("STATE") { $0.to.rawValue },
                    Column("WHY") { $0.reason },
                ])
    }
}

package enum ResourcesText {
    package static func of(_ resources: Resources) -> String {
        var parts = ["\(resources.cpu) vCPU", "\(resources.memory)"]
        if resources.disk.count != 0 { parts.append("\(resources.disk) disk") }
        parts += resources.devices.map { "\($0.count) \($0.name)" }
        return parts.joined(separator: ", ")
    }
}
