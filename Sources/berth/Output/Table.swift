import ClusterModel

package struct Column<Item>: Sendable {
    package enum Alignment: Sendable { case left, right }

    package var title: String
    package var alignment: Alignment
    /// Shown by `-o wide` only.
    package var isWide: Bool
    package var value: @Sendable (Item) -> String

    package init(_ title: String, _ alignment: Alignment = .left, wide: Bool = false, value: @escaping @Sendable (Item) -> String) {
        self.title = title
        self.alignment = alignment
        self.isWide = wide
        self.value = value
    }
}

package enum Table {
    private static let gap = "  "

    /// Aligned columns under their titles; empty for no items. What comes from elsewhere can't send terminal escapes.
    package static func text<Item>(of items: [Item], columns: [Column<Item>]) -> String {
        guard !items.isEmpty else { return "" }
        var rows = [columns.map(\.title)]
        for item in items {
            rows.append(
                columns.map { column in
                    let value = Printable(column.value(item), limit: 300).description
                    return value.isEmpty ? "-" : value
                })
        }
        let widths = columns.indices.map { index in rows.reduce(0) { max($0, $1[index].count) } }
        var text = ""
        for row in rows {
            var line = ""
            for (index, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[index] - cell.count)
                if index > 0 { line += gap }
                line += columns[index].alignment == .right ? padding + cell : cell + padding
            }
            while line.last == " " { line.removeLast() }
            text += line + "\n"
        }
        return text
    }
}
