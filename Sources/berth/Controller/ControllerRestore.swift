import ArgumentParser
import ClusterModel
import Controller
import FoundationEssentials
import StrictYAML

struct ControllerRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a backup of the ledger into an empty data directory.",
        discussion: """
            Every row of the backup is checked first. What was acknowledged after the backup was made is not in it.
            The controller then starts with automatic recovery off, because the one whose ledger this was may still
            run somewhere: confirm that it is dead before you turn recovery on.
              berth controller restore --config controller.yaml --from ledger-monday.sqlite
            """)

    @Option(help: ArgumentHelp("The configuration file, whose “dataDirectory” is empty.", valueName: "file"), completion: .file(extensions: ["yaml"]))
    var config: String

    @Option(help: ArgumentHelp("What “berth cluster backup” wrote, or a snapshot.", valueName: "backup"), completion: .file())
    var from: String

    func run() async throws {
        let configuration = try ControllerConfiguration(contentsOf: config)
        let directory = configuration.dataDirectory
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        do {
            let restored = try await LedgerRestore.restore(from, into: directory, at: now)
            StandardError.write(
                "restored epoch \(restored.head.epoch), sequence \(restored.head.sequence) with \(restored.rows) rows into \(directory); "
                    + "automatic recovery stays off until you confirm that the old controller is dead\n")
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
    }
}
