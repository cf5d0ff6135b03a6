import ArgumentParser

struct VolumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "volume", abstract: "Disks that instances come and go from.",
        subcommands: [
            VolumeCreate.self, VolumeList.self, VolumeShow.self, VolumeAttach.self, VolumeDetach.self, VolumeGrow.self, VolumeUpdate.self,
            VolumeClone.self, VolumeDelete.self,
        ])
}
