import ClusterModel

/// Rows of text under titles: what a planning answer looks like on a terminal, in a CSV file and on a page.
package struct AnswerTable: Sendable, Hashable {
    package let title: String
    package let columns: [Column]
    package private(set) var rows: [[String]] = []

    package struct Column: Sendable, Hashable {
        package let title: String
        package let isNumber: Bool
        package static func text(_ title: String) -> Self { .init(title: title, isNumber: false) }
        package static func number(_ title: String) -> Self { .init(title: title, isNumber: true) }
    }

    package init(_ title: String, _ columns: [Column]) {
        self.title = title
        self.columns = columns
    }

    /// A value per column; missing ones are empty.
    package mutating func add(_ values: String...) {
        rows.append(columns.indices.map { $0 < values.count ? Printable(values[$0], limit: 500).description : "" })
    }

    /// Aligned, with the titles in capitals.
    package var text: String {
        let titles = columns.map { $0.title.uppercased() }
        let widths = columns.indices.map { column in ([titles] + rows).reduce(0) { max($0, $1[column].count) } }
        return ([titles] + rows).map { row in
            let cells = row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return columns[column].isNumber ? space + row[column] : row[column] + space
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }

    /// RFC 4180, with a line of titles.
    package var csv: String {
        ([columns.map(\.title)] + rows).map { $0.map(Self.field).joined(separator: ",") + "\r\n" }.joined()
    }

    private static func field(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return text }
        return "\"" + text.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
    }
}

extension MiB {
    var gibText: String { (Double(count) / 1024).fixed(1) }
}

extension Double {
    /// Four decimals, as ratios are compared.
    var ratioText: String { fixed(4) }
    var percentText: String { (self * 100).fixed(1) + " %" }

    func fixed(_ decimals: Int) -> String {
        guard isFinite, magnitude < 1e15 else { return "-" }
        var scale: Int64 = 1
        for _ in 0..<decimals { scale *= 10 }
        guard magnitude * Double(scale) < 9e18 else { return "\(Int64(self))" }
        let scaled = Int64((magnitude * Double(scale)).rounded())
        let sign = self < 0 && scaled != 0 ? "-" : ""
        let digits = String(scaled % scale)
        return decimals == 0
            ? "\(sign)\(scaled)" : "\(sign)\(scaled / scale).\(String(repeating: "0", count: decimals - digits.count))\(digits)"
    }
}
