import ArgumentParser

struct SizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "size", abstract: "See and make sizes: named bundles of vCPUs, memory and disk.",
        subcommands: [SizeList.self, SizeCreate.self, SizeDelete.self])
}
