import ArgumentParser

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Public SSH keys that instances are launched with.",
        subcommands: [KeyList.self, KeyImport.self, KeyDelete.self])
}
