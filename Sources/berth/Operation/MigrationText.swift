import ClusterModel

package enum MigrationText {
    /// "62 % sent, 48 MiB left at 110 MiB/s"
    package static func of(_ progress: TransferProgress) -> String {
        let sent = progress.total > 0 ? max(0, progress.total - progress.remaining) * 100 / progress.total : 0
        return "\(sent) % sent, \(mib(progress.remaining)) MiB left at \(mib(progress.rate)) MiB/s"
    }

    private static func mib(_ bytes: Int64) -> Int64 { (bytes + 1 << 19) >> 20 }
}
