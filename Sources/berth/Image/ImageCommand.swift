import ArgumentParser

struct ImageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "See, import and build images.",
        subcommands: [ImageList.self, ImageShow.self, ImageImport.self, ImageBuild.self, ImageDelete.self])
}
