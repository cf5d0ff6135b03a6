import ClusterModel

enum KeyTable {
    static func presentation(now: Timestamp) -> Presentation<SSHKey> {
        Presentation(
            columns: [
                Column("NAME") { $0.name.text },
                Column("TYPE") { $0.publicKey.type },
                Column("FINGERPRINT") { $0.fingerprint },
                Column("COMMENT") { $0.publicKey.comment },
                Column("AGE", .right) { HumanText.age(since: $0.createdAt, now: now) },
                Column("KEY", wide: true) { $0.publicKey.description },
            ], name: { $0.name.text })
    }
}
