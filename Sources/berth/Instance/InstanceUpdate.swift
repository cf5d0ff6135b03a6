import ArgumentParser
import ClusterAPI
import ClusterModel

struct InstanceUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Change an instance's name, labels, protection or expiry, while it runs.",
        discussion: """
            berth instance update web --name front              the guest keeps the hostname it was launched with
            berth instance update web --label tier=front --remove-label test
            berth instance update db --protect
            berth instance update try --expires-in 8h
            """)

    @Argument(help: "A name or an id.", transform: ArgumentText.reference)
    var instance: String

    @Option(help: "Its new name.", transform: ArgumentText.name)
    var name: Name?

    @Option(help: ArgumentHelp("A label to set; may be repeated.", valueName: "key=value"), transform: ArgumentText.label)
    var label: [Label] = []

    @Option(help: ArgumentHelp("A label to take away; may be repeated.", valueName: "key"))
    var removeLabel: [String] = []

    @Flag(inversion: .prefixedNo, help: "Refuse to delete it, until this is lifted.")
    var protect: Bool?

    @Option(
        help: ArgumentHelp("Delete it after this time from now, with a warning ten minutes before.", valueName: "time"), transform: ArgumentText.time)
    var expiresIn: Milliseconds?

    @Flag(help: "Keep it until somebody deletes it.")
    var neverExpires = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if expiresIn != nil, neverExpires { throw ValidationError("--expires-in and --never-expires say opposite things") }
        if Set(label.map(\.key)).count < label.count { throw ValidationError("--label gives one key two values") }
        if name == nil, label.isEmpty, removeLabel.isEmpty, protect == nil, expiresIn == nil, !neverExpires {
            throw ValidationError("say what to change: --name, --label, --remove-label, --protect, --expires-in or --never-expires")
        }
    }

    func run() async throws {
        var request = UpdateRequest()
        request.name = name
        request.setLabels = label.isEmpty ? nil : Labels(label)
        request.removeLabels = removeLabel.isEmpty ? nil : removeLabel
        request.protected = protect
        request.expiresIn = expiresIn
        request.neverExpires = neverExpires ? true : nil
        let answer = try await connection.client().update(instance, request)
        try StandardOutput.write(InstanceTable.presentation(now: .now).text(of: answer.instance, as: output.output))
    }
}
