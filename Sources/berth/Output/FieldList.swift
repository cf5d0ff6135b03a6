import ClusterModel

/// "Name:  value" lines, aligned, for one thing in full.
package struct FieldList {
    private var fields: [(title: String, value: String)] = []

    package init() {}

    /// Nil and empty values are left out.
    package mutating func add(_ title: String, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        fields.append((title, Printable(value, limit: 1000).description))
    }

    package var text: String {
        let width = fields.reduce(0) { max($0, $1.title.count) } + 1
        return fields.map { field in
            let title = field.title + ":"
            return title + String(repeating: " ", count: width - title.count) + "  " + field.value + "\n"
        }.joined()
    }
}
