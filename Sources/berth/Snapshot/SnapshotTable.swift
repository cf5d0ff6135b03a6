import ClusterModel

package enum SnapshotTable {
    package static func presentation(now: Timestamp) -> Presentation<Snapshot> {
        Presentation(
            columns: [
                Column("NAME") { $0.name.text },
                Column("INSTANCE") { $0.instanceName.text },
                Column("STATE") { $0.state.rawValue },
                Column("CONSISTENCY") { $0.consistency?.rawValue ?? "" },
                Column("DISKS") { $0.disks.map(\.name.text).joined(separator: ",") },
                Column("NODE") { $0.nodeName.text },
                Column("AGE", .right) { HumanText.age(since: $0.createdAt, now: now) },
                Column("PAUSE", .right, wide: true) { $0.pauseMicroseconds.map { "\($0 / 1000).\($0 % 1000 / 100) ms" } ?? "" },
                Column("ID", wide: true) { $0.id.description },
            ], name: { $0.name.text })
    }

    package static func text(of snapshot: Snapshot, now: Timestamp) -> String {
        var fields = FieldList()
        fields.add("Name", snapshot.name.text)
        fields.add("Id", snapshot.id.description)
        fields.add("Instance", snapshot.instanceName.text)
        fields.add("State", snapshot.state.rawValue)
        fields.add("Reason", snapshot.reason)
        fields.add("Consistency", snapshot.consistency.map(words))
        fields.add("Pause", snapshot.pauseMicroseconds.map { "\($0 / 1000).\($0 % 1000 / 100) ms" })
        fields.add("Disks", snapshot.disks.map { "\($0.name) (\($0.size))" }.joined(separator: ", "))
        fields.add("Node", snapshot.nodeName.text)
        fields.add("Image", snapshot.image.name.text)
        fields.add("Created", "\(snapshot.createdAt) (\(HumanText.age(since: snapshot.createdAt, now: now)) ago)")
        return fields.text
    }

    private static func words(_ consistency: SnapshotConsistency) -> String {
        switch consistency {
        case .quiesced: "quiesced: the guest's file systems were frozen through its agent"
        case .crash: "crash: as a power cut would have left the disks, since no guest agent answered or it was not asked"
        case .stopped: "stopped: the instance did not run"
        }
    }
}
