import Agent
import ArgumentParser
import Certificates
import ClusterAPI
import Glibc

struct AgentJoin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Get this node's first certificate, by a token that an operator made with “berth node token”.",
        discussion: """
            The token says by what fingerprint the controller is known, so nothing else has to be trusted or copied.
            It serves once. The agent renews the certificate by itself from then on.
              berth node token n1 | ssh n1 berth agent join --config /etc/berth/agent.yaml --token -
            """)

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"), completion: .file(extensions: ["yaml"]))
    var config: String

    @Option(help: ArgumentHelp("The token; - reads it from standard input, where no list of processes shows it.", valueName: "token"))
    var token: String = "-"

    @Flag(name: [.short, .long], help: "Say nothing when all is well.")
    var quiet = false

    func run() async throws {
        let configuration = try AgentConfiguration(contentsOf: config)
        var text = token
        if token == "-" { text = String(decoding: try InputFile.read("-", limit: 4096), as: UTF8.self) }
        let proof: NodeProof
        do { proof = try await NodeJoining(configuration).join(token: text.filter { !$0.isWhitespace }) } catch let failure as WorkFailure {
            throw CommandFailure(.notAllowed, failure.description)
        }
        guard !quiet else { return }
        StandardError.write("\(configuration.name): joined as node \(proof.node); the certificate holds until \(proof.certificate.notAfter)\n")
    }
}
