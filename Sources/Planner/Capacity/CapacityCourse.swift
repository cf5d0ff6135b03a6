import ClusterModel

/// The samples that a controller has kept, oldest first.
package struct CapacityCourse: Hashable, Sendable, Codable {
    package let samples: [CapacitySample]
    package init(samples: [CapacitySample]) { self.samples = samples }
}

extension CapacityCourse: PlanningAnswer {
    package var tables: [AnswerTable] {
        var table = AnswerTable(
            "Capacity over time",
            [
                .text("at"), .number("nodes"), .number("instances"), .number("cpu"), .number("used"), .number("share"), .number("memory GiB"),
                .number("used"), .number("share"), .number("disk GiB"), .number("used"), .number("share"),
            ])
        for sample in samples {
            let (all, used) = (sample.allocatable, sample.allocated)
            table.add(
                sample.at.description, "\(sample.nodes)", "\(sample.instances)", "\(all.cpu)", "\(used.cpu)",
                Self.share(used.cpu.count, all.cpu.count),
                all.memory.gibText, used.memory.gibText, Self.share(used.memory.count, all.memory.count), all.disk.gibText, used.disk.gibText,
                Self.share(used.disk.count, all.disk.count))
        }
        return [table]
    }

    private static func share(_ part: Int64, _ whole: Int64) -> String { whole > 0 ? (Double(part) / Double(whole)).percentText : "-" }

    package var plots: [(title: String, svg: String)] { CapacityCoursePlot.svg(samples).map { [("Share that is allocated", $0)] } ?? [] }
}

/// The shares of CPU and memory that are allocated, over time.
private enum CapacityCoursePlot {
    static func svg(_ samples: [CapacitySample]) -> String? {
        guard let first = samples.first, let last = samples.last, last.at > first.at else { return nil }
        let length = Double(last.at.milliseconds - first.at.milliseconds)
        func x(_ at: Timestamp) -> Double { 60 + Double(at.milliseconds - first.at.milliseconds) / length * 960 }
        func y(_ share: Double) -> Double { 330 - min(1.2, share) / 1.2 * 290 }
        func line(_ style: String, _ value: (CapacitySample) -> Double) -> String {
            let points = samples.map { "\(x($0.at).fixed(1)),\(y(value($0)).fixed(1))" }.joined(separator: " ")
            return "<polyline class=\"line \(style)\" points=\"\(points)\" />\n"
        }
        func share(_ part: Int64, _ whole: Int64) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }
        var shapes = ""
        for tick in 0...4 {
            let at = y(Double(tick) / 4).fixed(1)
            shapes += "<line class=axis x1=60 x2=1020 y1=\(at) y2=\(at) /><text x=52 y=\(at) text-anchor=end>\(tick * 25) %</text>"
        }
        for (sample, anchor) in [(first, "start"), (last, "end")] {
            shapes += "<text x=\(x(sample.at).fixed(1)) y=352 text-anchor=\(anchor)>\(sample.at.description.prefix(16))Z</text>"
        }
        shapes += line("used") { share($0.allocated.cpu.count, $0.allocatable.cpu.count) }
        shapes += line("memoryline") { share($0.allocated.memory.count, $0.allocatable.memory.count) }
        let legend =
            "<line class=\"line used\" x1=60 x2=84 y1=14 y2=14 /><text x=90 y=18>CPU</text>"
            + "<line class=\"line memoryline\" x1=140 x2=164 y1=14 y2=14 /><text x=170 y=18>memory</text>"
        return "<svg viewBox=\"0 0 1040 360\" role=img>\(legend)\n\(shapes)</svg>"
    }
}
