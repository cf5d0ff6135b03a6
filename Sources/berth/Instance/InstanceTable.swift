import ClusterModel

package enum InstanceTable {
    package static func presentation(now: Timestamp) -> Presentation<Instance> {
        Presentation(
            columns: [
                Column("NAME") { $0.name.text },
                Column("STATE") { $0.status.state.rawValue },
                Column("NODE") { $0.placement?.nodeName.text ?? "" },
                Column("SIZE") { $0.spec.size.text },
                Column("ADDRESS") { $0.status.address ?? "" },
                Column("AGE", .right) { HumanText.age(since: $0.createdAt, now: now) },
                Column("ID", wide: true) { $0.id.description },
                Column("IMAGE", wide: true) { $0.spec.image.name.text },
                Column("RESTARTS", .right, wide: true) { "\($0.status.restarts)" },
                Column("PID", .right, wide: true) { $0.status.pid.map { "\($0)" } ?? "" },
                Column("REASON", wide: true) { $0.status.reason ?? "" },
            ], name: { $0.name.text })
    }
}
