import ArgumentParser
import ClusterAPI
import ClusterModel

struct TokenCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a token. Its secret is shown once, on standard output, and kept nowhere.",
        discussion: """
            berth token create                                   for yourself, for 90 days
            berth token create --account shop/ci --expires-in 30d --note "the build machine"
            export BERTH_TOKEN=$(berth token create -q)
            """)

    @Option(help: ArgumentHelp("The account that it is for, instead of your own.", valueName: "account"), transform: ArgumentText.account)
    var account: AccountName?

    @Option(help: ArgumentHelp("What it is for.", valueName: "text"))
    var note: String?

    @Option(help: ArgumentHelp("For how long it is valid, such as 30d; 90 days when absent.", valueName: "time"), transform: ArgumentText.time)
    var expiresIn: Milliseconds?

    @Flag(help: "It is valid until it is revoked.")
    var neverExpires = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if neverExpires, expiresIn != nil { throw ValidationError("--never-expires and --expires-in say the opposite: give one of them") }
    }

    func run() async throws {
        let request = TokenRequest(account: account, note: note, expiresIn: expiresIn, neverExpires: neverExpires ? true : nil)
        let answer = try await connection.client().createToken(request)
        switch output.output {
        case .json: try StandardOutput.write(Rendering.json(answer))
        case .yaml: try StandardOutput.write(Rendering.yaml(answer))
        case .name, .table, .wide:
            try StandardOutput.write(answer.secret + "\n")
            guard !connection.quiet else { return }
            let end = answer.token.expiresAt.map { "until \($0)" } ?? "until it is revoked"
            StandardError.write("token \(answer.token.id) of \(answer.token.account), valid \(end); the secret is shown only now\n")
        }
    }
}
