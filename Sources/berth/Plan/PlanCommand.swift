import ArgumentParser

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Think a change through before it is made: on the live cluster, a cluster file, a trace or a list.",
        subcommands: [PlanWhatIf.self, PlanRebalance.self, PlanReplay.self, PlanPack.self, PlanExport.self, PlanImport.self])
}
