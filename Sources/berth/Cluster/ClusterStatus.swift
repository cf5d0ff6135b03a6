import ArgumentParser
import ClusterAPI
import ClusterModel

struct ClusterStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the controller, the nodes by health, the instances by state, and the room.")

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let view = try await connection.client().cluster()
        let text =
            switch output.output {
            case .table, .wide: ClusterText.of(view)
            case .json: try Rendering.json(view)
            case .yaml: try Rendering.yaml(view)
            case .name: "cluster\n"
            }
        try StandardOutput.write(text)
    }
}

package enum ClusterText {
    package static func of(_ view: ClusterView) -> String {
        var fields = FieldList()
        fields.add("Controller", "\(view.version), epoch \(view.epoch.number), revision \(view.revision)")
        fields.add("Nodes", counts(view.nodesByHealth, order: Node.Health.allCases.map(\.rawValue)))
        fields.add("Instances", counts(view.instancesByState, order: InstanceState.allCases.map(\.rawValue)))
        if let policy = view.policy { fields.add("Placement", policy.rawValue) }
        fields.add("CPU", "\(HumanText.used(view.allocated.cpu, of: view.allocatable.cpu)) vCPU")
        fields.add("Memory", HumanText.used(view.allocated.memory, of: view.allocatable.memory))
        fields.add("Disk", HumanText.used(view.allocated.disk, of: view.allocatable.disk))
        if view.isStorageLow == true { fields.add("Storage", "nearly full: nothing new is taken in until the controller's disk has room") }
        fields.add("Recovery", RecoveryText.of(view.recovery))
        return fields.text
    }

    private static func counts(_ counts: [String: Int], order: [String]) -> String {
        let shown = order.compactMap { word in counts[word].flatMap { $0 == 0 ? nil : "\($0) \(word)" } }
        return shown.isEmpty ? "none" : shown.joined(separator: ", ")
    }
}
