import ArgumentParser
import ClusterAPI
import ClusterModel

/// How much a guest may ask of a volume, on the command line.
struct IOLimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Reads and writes a second, at most.", valueName: "count"))
    var iops: Int64?

    @Option(help: ArgumentHelp("Bytes a second, at most, such as 100MiB.", valueName: "amount"), transform: ArgumentText.memory)
    var bandwidth: MiB?

    var limits: IOLimits { IOLimits(iops: iops, bytesPerSecond: bandwidth.map { $0.count << 20 }) }
}

extension OutputOptions {
    /// A volume after a change: a word for people, the whole for programs.
    func show(_ volume: Volume, _ done: String, quiet: Bool) throws {
        switch output {
        case .table, .wide: if !quiet { StandardError.write("\(volume.name): \(done)\n") }
        case .json, .yaml, .name: try StandardOutput.write(VolumeTable.presentation(now: .now).text(of: volume, as: output))
        }
    }

    func show(_ snapshot: Snapshot, _ done: String, quiet: Bool) throws {
        switch output {
        case .table, .wide: if !quiet { StandardError.write("\(snapshot.name): \(done)\n") }
        case .json, .yaml, .name: try StandardOutput.write(SnapshotTable.presentation(now: .now).text(of: snapshot, as: output))
        }
    }
}

extension WaitOptions {
    /// For an operation where one was begun and it is to be waited for.
    func finish(_ operation: InstanceOperation?, _ client: APIClient, quiet: Bool) async throws {
        guard let operation, wait ?? true else { return }
        let progress = ProgressLine(quiet: quiet)
        defer { progress.end() }
        Interrupt.setNotice("what was begun goes on: see it with `berth operation list`")
        try await OperationWait(client: client, progress: progress, timeout: timeout).finish([operation])
    }
}
