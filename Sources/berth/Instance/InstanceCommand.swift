import ArgumentParser

struct InstanceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "instance",
        abstract: "Launch, see and control instances.",
        subcommands: [
            InstanceLaunch.self, InstanceList.self, InstanceShow.self, InstanceExplain.self, InstanceStart.self, InstanceStop.self,
            InstanceReboot.self,
            InstanceResize.self, InstanceRebuild.self, InstanceMigrate.self, InstanceUpdate.self, InstanceDelete.self, InstanceAdopt.self,
            InstanceDestroy.self,
        ])
}
