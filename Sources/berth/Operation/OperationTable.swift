import ClusterModel

package enum OperationTable {
    package static func presentation(now: Timestamp) -> Presentation<InstanceOperation> {
        Presentation(
            columns: [
                Column("ID") { $0.id.description },
                Column("KIND") { $0.kind.rawValue },
                Column("INSTANCE") { $0.instanceName.text },
                Column("STATE") { $0.state.rawValue },
                Column("AGE", .right) { HumanText.age(since: $0.createdAt, now: now) },
                Column("TOOK", .right) { operation in
                    operation.finishedAt.map { HumanText.took(.milliseconds($0.milliseconds - operation.createdAt.milliseconds)) } ?? ""
                },
                Column("MESSAGE") { $0.message ?? $0.progress.map(MigrationText.of) ?? "" },
                Column("GENERATION", .right, wide: true) { "\($0.generation)" },
                Column("INSTANCE-ID", wide: true) { $0.instance.description },
            ], name: { $0.id.description })
    }
}
