import ClusterAPI
import ClusterModel

enum QuotaTable {
    struct Line {
        var resource: Quota.Resource
        var used: Int64
        var limit: Int64?
    }

    static func text(of view: QuotaView, as format: OutputFormat) throws -> String {
        switch format {
        case .json: return try Rendering.json(view)
        case .yaml: return try Rendering.yaml(view)
        case .name: return view.project.text + "\n"
        case .table, .wide:
            let lines = Quota.Resource.allCases.map { Line(resource: $0, used: view.used[$0], limit: view.limits[$0]) }
            return Table.text(
                of: lines,
                columns: [
                    Column("RESOURCE") { $0.resource.words },
                    Column("USED / LIMIT", .right) { line in
                        "\(line.resource.text(line.used)) / \(line.limit.map(line.resource.text) ?? "no limit")"
                    },
                    Column("LEFT", .right) { line in line.limit.map { line.resource.text(max(0, $0 - line.used)) } ?? "" },
                ])
        }
    }
}
