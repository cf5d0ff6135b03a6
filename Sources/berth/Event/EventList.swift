import ArgumentParser
import ClusterAPI
import ClusterModel

struct EventList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "events", abstract: "List what happened, and with -w what happens.")

    @Flag(name: [.short, .long], help: "Go on printing events as they happen, until interrupted; json then means one value a line.")
    var watch = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        guard watch else {
            let items = try await client.events().whole().items
            try StandardOutput.write(EventTable.presentation.text(of: items, as: output.output))
            if items.isEmpty, !connection.quiet { StandardError.write("no events\n") }
            return
        }
        var last: (Int64, Int) = (-1, -1)
        for try await step in client.watchEvents() {
            switch step {
            case .list(let items): for event in items { try show(event, after: &last) }
            case .change(.put(let event, _)): try show(event, after: &last)
            case .change(.delete): break
            }
        }
    }

    /// Each event once, also where a watch had to list again.
    private func show(_ event: Event, after last: inout (Int64, Int)) throws {
        guard (event.revision, event.index) > last else { return }
        last = (event.revision, event.index)
        switch output.output {
        case .table, .wide: try StandardOutput.write(EventTable.line(event))
        case .json: try StandardOutput.write(String(decoding: WireJSON.encode(event), as: UTF8.self) + "\n")
        case .yaml: try StandardOutput.write("---\n" + Rendering.yaml(event))
        case .name: try StandardOutput.write(EventTable.presentation.name(event) + "\n")
        }
    }
}
