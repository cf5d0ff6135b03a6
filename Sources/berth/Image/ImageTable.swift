import ClusterModel

package enum ImageTable {
    package static func presentation(now: Timestamp) -> Presentation<Image> {
        Presentation(
            columns: [
                Column("NAME") { $0.name.text },
                Column("FORMAT") { $0.format.rawValue },
                Column("ARCHITECTURE") { $0.architecture.rawValue },
                Column("BYTES", .right) { HumanText.bytes($0.bytes) },
                Column("SHA256") { String($0.digest.hex.prefix(12)) },
                Column("AGE", .right) { HumanText.age(since: $0.createdAt, now: now) },
                Column("MIN-DISK", .right, wide: true) { $0.minimumDisk.description },
                Column("OS", wide: true) { [$0.os, $0.version].compactMap { $0 }.joined(separator: " ") },
                Column("CLOUD-INIT", wide: true) { $0.cloudInit?.rawValue ?? "" },
                Column("ID", wide: true) { $0.id.description },
                Column("DIGEST", wide: true) { $0.digest.hex },
                Column("IMPORTED-AS", wide: true) { $0.importedDigest.hex },
            ], name: { $0.name.text })
    }
}
