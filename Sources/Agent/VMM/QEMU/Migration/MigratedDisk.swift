import ClusterModel

/// A disk that goes with its guest, and its names on both sides.
struct MigratedDisk: Hashable, Sendable {
    /// In QEMU; also of its export.
    var node: String
    var format: VolumeFormat
    var path: String

    var export: String { "export-\(node)" }
    var job: String { "mirror-\(node)" }
    /// The other side's disk as this side sees it. A node's name has at most 31 characters, and a volume's has 28.
    var target: String { "to-\(node)" }

    /// For a command line's option, where a comma within a word is written twice.
    var option: String {
        "driver=\(format.rawValue),node-name=\(node),file.driver=file,file.filename=\(path.replacing(",", with: ",,"))"
    }
}

/// How far several copies have come together.
struct CopyProgress {
    private var last: (offset: Int64, at: ContinuousClock.Instant) = (0, .now)
    private static let interval = Duration.milliseconds(500)

    /// Nil where it was told lately.
    mutating func next(_ jobs: [MigrationCommand.Copying]) -> TransferProgress? {
        let now = ContinuousClock.now
        guard now - last.at >= Self.interval else { return nil }
        let (total, offset) = jobs.reduce((Int64(0), Int64(0))) { ($0.0 + $1.len, $0.1 + $1.offset) }
        let rate = Double(offset - last.offset) / ((now - last.at) / .seconds(1))
        last = (offset, now)
        return TransferProgress(total: total, remaining: total - offset, rate: Int64(max(0, rate)))
    }
}
