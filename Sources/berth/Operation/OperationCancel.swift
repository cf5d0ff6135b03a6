import ArgumentParser
import ClusterAPI
import ClusterModel

struct OperationCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "cancel", abstract: "Cancel an operation that has not begun to act.")

    @Argument(help: "The operation's id.", transform: ArgumentText.operation)
    var operation: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let answer = try await connection.client().cancel(operation)
        try StandardOutput.write(OperationTable.presentation(now: .now).text(of: answer, as: output.output))
    }
}
