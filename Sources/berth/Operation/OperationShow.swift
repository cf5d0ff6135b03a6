import ArgumentParser
import ClusterAPI
import ClusterModel

struct OperationShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show an operation.")

    @Argument(help: "The operation's id.", transform: ArgumentText.operation)
    var operation: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let answer = try await connection.client().operation(operation)
        try StandardOutput.write(OperationTable.presentation(now: .now).text(of: answer, as: output.output))
    }
}
