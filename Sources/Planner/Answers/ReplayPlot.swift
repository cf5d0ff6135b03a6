import ClusterModel

/// Nodes in use over time against the bound of each moment, and what of the free room is stranded.
enum ReplayPlot {
    static func plot(_ replay: Replay) -> (title: String, svg: String)? {
        guard let first = replay.samples.first, let last = replay.samples.last, last.time > first.time else { return nil }
        let highest = replay.samples.reduce(1) { max($0, $1.usedNodes) }
        let top = Self.ceiling(Double(highest))
        func x(_ time: Double) -> Double { 60 + (time - first.time) / (last.time - first.time) * 960 }
        func y(_ nodes: Double) -> Double { 330 - nodes / top * 290 }
        func line(_ style: String, _ value: (ReplaySample) -> Double) -> String {
            let points = replay.samples.map { "\(x($0.time).fixed(1)),\(y(value($0)).fixed(1))" }.joined(separator: " ")
            return "<polyline class=\"line \(style)\" points=\"\(points)\" />\n"
        }
        var shapes = ""
        for tick in 0...4 {
            let nodes = top * Double(tick) / 4
            shapes += "<line class=axis x1=60 x2=1020 y1=\(y(nodes).fixed(1)) y2=\(y(nodes).fixed(1)) />"
            shapes += "<text x=52 y=\((y(nodes) + 4).fixed(1)) text-anchor=end>\(nodes.fixed(0))</text>"
        }
        for tick in 0...7 {
            let time = first.time + (last.time - first.time) * Double(tick) / 7
            shapes += "<text x=\(x(time).fixed(1)) y=350 text-anchor=middle>\(time.fixed(last.time - first.time < 50 ? 1 : 0))</text>"
        }
        shapes +=
            line("bound") { Double($0.boundNodes) } + line("used") { Double($0.usedNodes) }
            + line("strandedline") { $0.strandedCPU + $0.strandedMemory }
        let legend =
            "<line class=\"line used\" x1=60 x2=84 y1=14 y2=14 /><text x=90 y=18>nodes in use</text><line class=\"line bound\" x1=190 x2=214 y1=14 y2=14 />"
            + "<text x=220 y=18>bound</text><line class=\"line strandedline\" x1=290 x2=314 y1=14 y2=14 />"
            + "<text x=320 y=18>free on nodes that are full otherwise, in nodes</text>"
        return ("\(replay.policy.rawValue): nodes in use over time", "<svg viewBox=\"0 0 1040 360\" role=img>\(legend)\n\(shapes)</svg>")
    }

    /// The next number that reads well on an axis.
    private static func ceiling(_ value: Double) -> Double {
        var scale = 1.0
        while scale * 10 < value { scale *= 10 }
        return [1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 12.0].map { $0 * scale }.first { $0 >= value } ?? value
    }
}
