import ArgumentParser

struct SnapshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "All disks of an instance as they were at one moment.",
        subcommands: [
            SnapshotCreate.self, SnapshotList.self, SnapshotShow.self, SnapshotRestore.self, SnapshotClone.self, SnapshotExport.self,
            SnapshotDelete.self,
        ])
}
