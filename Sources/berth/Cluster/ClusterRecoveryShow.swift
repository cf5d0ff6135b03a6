import ArgumentParser
import ClusterAPI
import ClusterModel

struct ClusterRecoveryShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show whether instances of lost nodes are started elsewhere by themselves, and why not.")

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let view = try await connection.client().recovery()
        let text =
            switch output.output {
            case .table, .wide: RecoveryText.of(view) + "\n"
            case .json: try Rendering.json(view)
            case .yaml: try Rendering.yaml(view)
            case .name: "\(view.hold == nil ? "automatic" : "held")\n"
            }
        try StandardOutput.write(text)
    }
}

package enum RecoveryText {
    package static func of(_ view: RecoveryView) -> String {
        let waiting = view.instances == 0 ? "" : "; \(view.instances) instance\(view.instances == 1 ? "" : "s") to be started elsewhere"
        if let hold = view.hold { return "held since \(hold.since) (\(hold.reason.rawValue)): \(Printable(hold.message, limit: 500))\(waiting)" }
        return "automatic\(view.waits.map { ", but waits: \($0)" } ?? "")\(waiting)"
    }
}
