import ClusterModel

enum AccountTable {
    static func presentation(now: Timestamp) -> Presentation<Account> {
        Presentation(
            columns: [
                Column("NAME") { $0.name.description },
                Column("ROLES") { $0.grants.map(text).joined(separator: ",") },
                Column("AGE", .right) { HumanText.age(since: $0.createdAt, now: now) },
            ], name: { $0.name.description })
    }

    /// "tenant@shop", "admin".
    static func text(_ grant: RoleGrant) -> String { grant.project.map { "\(grant.role.rawValue)@\($0)" } ?? grant.role.rawValue }
}
