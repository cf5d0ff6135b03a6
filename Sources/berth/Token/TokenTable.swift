import ClusterModel

enum TokenTable {
    static func presentation(now: Timestamp) -> Presentation<AccessToken> {
        Presentation(
            columns: [
                Column("ID") { $0.id.description },
                Column("ACCOUNT") { $0.account.description },
                Column("NOTE") { $0.note ?? "" },
                Column("AGE", .right) { HumanText.age(since: $0.createdAt, now: now) },
                Column("EXPIRES") { $0.expiresAt.map { $0 <= now ? "expired" : $0.description } ?? "never" },
                Column("LAST USED", .right) { $0.lastUsedAt.map { HumanText.age(since: $0, now: now) } ?? "never" },
            ], name: { $0.id.description })
    }
}
