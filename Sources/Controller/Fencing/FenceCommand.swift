import ClusterModel
import FoundationEssentials
import Subprocess
import SystemPackage

/// One run of the configured fence command.
struct FenceCommand: Sendable {
    let configuration: FenceConfiguration

    struct Ending: Sendable {
        var succeeded: Bool
        /// The end of what it printed, or why it could not be run.
        var output: String
    }

    private static let outputLimit = 64 << 10

    func run(on node: Node) async -> Ending {
        do {
            return try await withThrowingTaskGroup(of: Ending.self) { group in
                group.addTask { try await start(node) }
                group.addTask {
                    try await Task.sleep(for: configuration.timeout.duration)
                    return Ending(succeeded: false, output: "it did not end within \(configuration.timeout)")
                }
                let first = try await group.next()
                // The command's process is ended with its task.
                group.cancelAll()
                return first ?? Ending(succeeded: false, output: "it did not run")
            }
        } catch {
            return Ending(succeeded: false, output: "it can't be run: \(Printable("\(error)", limit: 200))")
        }
    }

    private func start(_ node: Node) async throws -> Ending {
        let result = try await Subprocess.run(
            .path(FilePath(configuration.command)), arguments: [node.name.text],
            environment: .inherit.updating(["BERTH_NODE_ID": node.id.description]), output: .string(limit: Self.outputLimit),
            error: .combinedWithOutput)
        let said = result.standardOutput.split(whereSeparator: \.isNewline).suffix(3).joined(separator: " / ")
        guard !result.terminationStatus.isSuccess else { return Ending(succeeded: true, output: said) }
        return Ending(succeeded: false, output: "\(result.terminationStatus)\(said.isEmpty ? "" : ": \(said)")")
    }
}
