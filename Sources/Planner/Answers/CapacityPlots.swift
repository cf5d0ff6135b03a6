import ClusterModel

/// Each node as a small tile with two bars: CPU and memory, filled from below as far as they are allocated.
enum NodeMapPlot {
    static func svg(_ nodes: [CapacityReport.Row]) -> String {
        let shown = nodes.prefix(maximumNodes)
        guard !shown.isEmpty else { return "<p>There are no nodes.</p>" }
        let perRow = max(12, min(60, Int(Double(shown.count * 2).squareRoot().rounded(.up))))
        let tile = 1040.0 / Double(perRow)
        let size = tile * 0.84
        let rows = (shown.count + perRow - 1) / perRow
        var shapes = ""
        for (index, node) in shown.enumerated() {
            let x = Double(index % perRow) * tile
            let y = Double(index / perRow) * tile + 26
            shapes +=
                "<g><title>\(AnswerPage.escaped("\(node.name): \(share(node.allocated.cpu.count, node.allocatable.cpu.count).percentText) of CPU, \(share(node.allocated.memory.count, node.allocatable.memory.count).percentText) of memory, \(node.instances) instances"))</title>"
            shapes += Self.bar("cpu", x, y, size * 0.47, size, share(node.allocated.cpu.count, node.allocatable.cpu.count))
            shapes += Self.bar("memory", x + size * 0.53, y, size * 0.47, size, share(node.allocated.memory.count, node.allocatable.memory.count))
            shapes += "</g>\n"
        }
        let height = Double(rows) * tile + 30
        let legend =
            "<rect class=cpu x=0 y=4 width=10 height=10 /><text x=15 y=13>CPU</text><rect class=memory x=60 y=4 width=10 height=10 /><text x=75 y=13>memory</text>"
            + "<text x=150 y=13>\(nodes.count) nodes\(nodes.count > maximumNodes ? ", the first \(maximumNodes) shown" : "")</text>"
        return "<svg viewBox=\"0 0 1040 \(height.fixed(0))\" role=img>\(legend)\n\(shapes)</svg>"
    }

    private static let maximumNodes = 3000

    static func share(_ part: Int64, _ whole: Int64) -> Double { whole > 0 ? min(1, Double(part) / Double(whole)) : 0 }

    private static func bar(_ kind: String, _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ share: Double) -> String {
        let filled = height * share
        return
            "<rect class=free x=\(x.fixed(1)) y=\(y.fixed(1)) width=\(width.fixed(1)) height=\(height.fixed(1)) rx=1 />"
            + "<rect class=\(kind) x=\(x.fixed(1)) y=\((y + height - filled).fixed(1)) width=\(width.fixed(1)) height=\(filled.fixed(1)) rx=1 />"
    }
}

/// Allocated, free and stranded CPU and memory of the cluster and its failure domains, as bars of one length.
enum StrandedPlot {
    static func svg(_ rows: [CapacityReport.Row]) -> String {
        let shown = rows.filter { $0.level != "node" }.prefix(40)
        var shapes =
            "<rect class=cpu x=190 y=4 width=10 height=10 /><text x=205 y=13>CPU allocated</text><rect class=memory x=310 y=4 width=10 height=10 />"
            + "<text x=325 y=13>memory allocated</text><rect class=stranded x=450 y=4 width=10 height=10 /><text x=465 y=13>free but stranded</text>"
            + "<rect class=free x=590 y=4 width=10 height=10 /><text x=605 y=13>free</text>"
        var y = 30.0
        for row in shown {
            let label = row.level == "cluster" ? "whole cluster" : "\(row.level) \(row.name)"
            shapes += "<text x=180 y=\((y + 17).fixed(0)) text-anchor=end>\(AnswerPage.escaped(label))</text>"
            for (kind, total, used, stranded) in [
                ("cpu", row.allocatable.cpu.count, row.allocated.cpu.count, row.stranded.cpu.count),
                ("memory", row.allocatable.memory.count, row.allocated.memory.count, row.stranded.memory.count),
            ] {
                let taken = NodeMapPlot.share(used, total) * 830
                let lost = NodeMapPlot.share(stranded, total) * 830
                shapes +=
                    "<rect class=free x=190 y=\(y.fixed(1)) width=830 height=11 /><rect class=\(kind) x=190 y=\(y.fixed(1)) width=\(taken.fixed(1)) height=11 />"
                shapes += "<rect class=stranded x=\((190 + min(taken, 830 - lost)).fixed(1)) y=\(y.fixed(1)) width=\(lost.fixed(1)) height=11 />"
                y += 12
            }
            y += 12
        }
        return "<svg viewBox=\"0 0 1040 \(y.fixed(0))\" role=img>\(shapes)</svg>"
    }
}
