import ArgumentParser
import ClusterAPI
import ClusterModel
import FoundationEssentials

struct PortForward: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "port-forward",
        abstract: "Join standard input and output to a port of an instance, through the controller and the instance's node.",
        discussion: """
            printf 'GET / HTTP/1.0\\r\\n\\r\\n' | berth port-forward web 80
            ssh -o ProxyCommand='berth port-forward web 22' debian@web
            """)

    @Argument(help: "A name or an id.", transform: ArgumentText.reference)
    var instance: String

    @Argument(help: "The port in the guest.")
    var port: Int

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (1...65535).contains(port) else { throw ValidationError("port \(port) is out of range: 1 to 65535 is allowed") }
    }

    func run() async throws {
        let client = try connection.client()
        let stream = try await client.openStream(.port(number: port), of: instance)
        let output = try await client.output(of: stream)
        let input = try StandardInput()
        defer { input.end() }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                for try await piece in output { try piece.withUnsafeBytes { try StandardOutput.write($0) } }
                return true
            }
            group.addTask {
                // The other half may go on when this one has nothing more to say.
                try? await client.input(to: stream) { await input.next() }
                return false
            }
            while let isOver = try await group.next(), !isOver {}
            input.end()
            group.cancelAll()
        }
        try? await client.closeStream(stream)
    }
}
