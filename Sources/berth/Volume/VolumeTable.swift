import ClusterModel

package enum VolumeTable {
    package static func presentation(now: Timestamp) -> Presentation<Volume> {
        Presentation(
            columns: [
                Column("NAME") { $0.name.text },
                Column("STATE") { $0.status.state.rawValue },
                Column("SIZE", .right) { "\($0.spec.size)" },
                Column("USED", .right) { $0.status.used.map { "\($0)" } ?? "" },
                Column("NODE") { $0.nodeName?.text ?? "" },
                Column("ATTACHED") {
                    $0.attachment.map { $0.state == .attached ? $0.instanceName.text : "\($0.instanceName) (\($0.state.rawValue))" } ?? ""
                },
                Column("AGE", .right) { HumanText.age(since: $0.createdAt, now: now) },
                Column("FORMAT", wide: true) { $0.spec.format.rawValue },
                Column("POOL", wide: true) { $0.spec.pool.text },
                Column("ID", wide: true) { $0.id.description },
            ], name: { $0.name.text })
    }

    package static func text(of volume: Volume, now: Timestamp) -> String {
        var fields = FieldList()
        fields.add("Name", volume.name.text)
        fields.add("Id", volume.id.description)
        fields.add("State", volume.status.state.rawValue)
        fields.add("Reason", volume.status.reason)
        fields.add("Size", "\(volume.spec.size) (\(volume.spec.format.rawValue)\(volume.status.used.map { ", \($0) used" } ?? ""))")
        fields.add("Limits", limits(volume.spec.limits))
        fields.add("Pool", volume.spec.pool.text)
        fields.add("Node", volume.nodeName?.text)
        fields.add("Attached", volume.attachment.map { "to \($0.instanceName) (\($0.state.rawValue))" })
        fields.add("Deleted with", volume.spec.deleteWithInstance ? "the instance that it is attached to" : nil)
        fields.add("Copy of", volume.spec.source?.name.text)
        fields.add("Created", "\(volume.createdAt) (\(HumanText.age(since: volume.createdAt, now: now)) ago)")
        return fields.text
    }

    private static func limits(_ limits: IOLimits) -> String {
        var parts: [String] = []
        if let iops = limits.iops { parts.append("\(iops) operations a second") }
        if let bytes = limits.bytesPerSecond { parts.append("\(HumanText.bytes(bytes)) a second") }
        return parts.joined(separator: ", ")
    }
}
