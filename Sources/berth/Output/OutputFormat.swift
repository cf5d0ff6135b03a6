import ArgumentParser
import Yams

package enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable { case table, wide, json, yaml, name }

struct OutputOptions: ParsableArguments {
    @Option(name: [.customShort("o"), .long], help: "table, wide, json, yaml or name; json and yaml are the API's values.")
    var output: OutputFormat = .table
}

/// How values of one noun are shown.
package struct Presentation<Item: Encodable>: Sendable {
    package var columns: [Column<Item>]
    package var name: @Sendable (Item) -> String
    package init(columns: [Column<Item>], name: @escaping @Sendable (Item) -> String) {
        self.columns = columns
        self.name = name
    }

    package func text(of items: [Item], as format: OutputFormat) throws -> String {
        switch format {
        case .table: Table.text(of: items, columns: columns.filter { !$0.isWide })
        case .wide: Table.text(of: items, columns: columns)
        case .json: try Rendering.json(items)
        case .yaml: try Rendering.yaml(items)
        case .name: items.map { name($0) + "\n" }.joined()
        }
    }

    package func text(of item: Item, as format: OutputFormat) throws -> String {
        switch format {
        case .table, .wide, .name: try text(of: [item], as: format)
        case .json: try Rendering.json(item)
        case .yaml: try Rendering.yaml(item)
        }
    }
}

package enum Rendering {
    package static func json(_ value: some Encodable) throws -> String { try JSONText.pretty(value) }

    package static func yaml(_ value: some Encodable) throws -> String {
        let encoder = YAMLEncoder()
        encoder.options.sortKeys = true
        encoder.options.allowUnicode = true
        return try encoder.encode(value)
    }
}
