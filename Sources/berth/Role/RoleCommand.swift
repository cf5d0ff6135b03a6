import ArgumentParser

struct RoleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role", abstract: "Who may do what.",
        discussion: """
            In a project: viewer sees, tenant works, tenant-admin also says who else may.
            In the cluster as a whole: operator runs nodes, planner sees everything, admin may everything.
            """, subcommands: [RoleList.self, RoleGrantCommand.self, RoleRevoke.self])
}
