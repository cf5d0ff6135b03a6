import ClusterModel

enum ProjectTable {
    static func presentation(now: Timestamp) -> Presentation<Project> {
        Presentation(
            columns: [
                Column("NAME") { $0.name.text },
                Column("QUOTA") { project in
                    Quota.Resource.allCases.compactMap { resource in
                        project.quota[resource].map { "\(resource.rawValue)=\(resource.text($0).filter { $0 != " " })" }
                    }.joined(separator: ",")
                },
                Column("AGE", .right) { $0.createdAt.milliseconds == 0 ? "" : HumanText.age(since: $0.createdAt, now: now) },
            ], name: { $0.name.text })
    }
}
