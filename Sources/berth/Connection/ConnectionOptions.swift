import ArgumentParser
import ClusterAPI
import ClusterModel
import Glibc

struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The controller's URL, instead of BERTH_ENDPOINT and the context file.", valueName: "url"))
    var endpoint: String?

    @Option(help: ArgumentHelp("The bearer token, instead of BERTH_TOKEN and the context file.", valueName: "token", visibility: .hidden))
    var token: String?

    @Option(
        help: ArgumentHelp("The certificate of the cluster's authority, in PEM, instead of BERTH_CA and the context file.", valueName: "file"),
        completion: .file(extensions: ["pem"]))
    var ca: String?

    @Option(help: ArgumentHelp("A context of the context file, instead of its current one.", valueName: "name"))
    var context: String?

    @Option(
        help: ArgumentHelp("The project, instead of BERTH_PROJECT and the context's; else your own.", valueName: "name"),
        transform: ArgumentText.name)
    var project: Name?

    @Flag(name: [.short, .long], help: "Show no progress on standard error; errors are still shown.")
    var quiet = false

    func client() throws -> APIClient {
        let address = try address()
        return APIClient(
            transport: try CurlTransport(endpoint: address.endpoint, token: address.token, trust: address.trust()),
            project: try project ?? address.projectName)
    }

    /// For what is about one project and can't go without its name.
    func projectName(_ client: APIClient) async throws -> Name {
        if let project = client.project { return project }
        guard let own = try await client.whoami().project else { throw CommandFailure(.usage, "you have roles in several projects: give --project") }
        return own
    }

    func address() throws -> ControllerAddress {
        try ControllerAddress.resolve(
            endpoint: endpoint, token: token, ca: ca, context: context, environment: environment, file: ContextFile.standardPath)
    }

    private func environment(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}

/// Where the controller is, and who asks.
package struct ControllerAddress: Hashable, Sendable {
    package var endpoint: String
    package var token: String?
    /// As it was written, of BERTH_PROJECT or of the context.
    package var project: String?

    var projectName: Name? {
        get throws {
            guard let project else { return nil }
            do { return try Name(project) } catch { throw CommandFailure(.usage, "the project of BERTH_PROJECT or of the context: \(error)") }
        }
    }

    /// The path of the certificate of the authority that is trusted; nil: whatever the machine trusts.
    package var ca: String?

    func trust() throws -> CurlTrust {
        guard let ca else { return CurlTrust() }
        return CurlTrust(.pinned(try InputFile.read(ca, limit: 1 << 20)))
    }

    /// Flag before environment before the context file, for each of the three; a token and an authority of the file belong to the file's endpoint and go nowhere else.
    package static func resolve(
        endpoint: String?, token: String?, ca: String? = nil, context: String?, environment: (String) -> String?, file: String?
    ) throws -> ControllerAddress {
        let givenToken = token ?? environment("BERTH_TOKEN")
        let project = environment("BERTH_PROJECT")
        let givenCA = ca ?? environment("BERTH_CA")
        if let given = endpoint ?? (context == nil ? environment("BERTH_ENDPOINT") : nil) {
            return ControllerAddress(endpoint: given, token: givenToken, project: project, ca: givenCA)
        }
        let contexts = try file.flatMap { try ContextFile.read($0) } ?? ContextFile()
        guard let name = context ?? contexts.current else {
            throw CommandFailure(
                .usage, "no controller is named: start one with `berth dev up`, or give --endpoint or BERTH_ENDPOINT, such as http://127.0.0.1:7480")
        }
        guard let found = contexts.contexts.first(where: { $0.name == name }) else {
            let known = contexts.contexts.map(\.name).joined(separator: ", ")
            throw CommandFailure(
                .notFound, "there is no context “\(name)” in \(file ?? "the context file"); known are: \(known.isEmpty ? "none" : known)")
        }
        return ControllerAddress(
            endpoint: found.endpoint, token: givenToken ?? found.token, project: project ?? found.project, ca: givenCA ?? found.ca)
    }
}
