import ClusterAPI
import ClusterModel
import ControllerDecisions
import FoundationEssentials

/// The Prometheus text format, version 0.0.4.
enum MetricsText {
    static func render(_ controller: Controller) -> String {
        let values = controller.metrics.snapshot
        var text = ""
        requests(values, into: &text)
        histogram("berth_ledger_commit_duration_seconds", "Time to make one batch of changes durable.", [("", values.commits)], into: &text)
        histogram("berth_ledger_batch_size", "Commands committed together.", [("", values.batches)], into: &text)
        gauge("berth_ledger_queue_length", "Commands that wait for the ledger.", [("", controller.writer.queued)], into: &text)
        gauge("berth_watches", "Open watches that wait for a change.", [("", controller.log.watchers)], into: &text)
        let health = controller.view.look { state in
            Dictionary(grouping: state.nodes.values.map(\.value.health), by: { $0 }).mapValues(\.count)
        }
        gauge(
            "berth_nodes", "Nodes by health.", Node.Health.allCases.map { ("health=\"\($0.rawValue)\"", health[$0] ?? 0) }, into: &text)
        let awaited = controller.view.nodes.rows.count { controller.sessions.age(of: $0.value.id) == nil }
        gauge("berth_nodes_awaited", "Nodes not heard since this controller began.", [("", awaited)], into: &text)
        gauge("berth_disk_free_bytes", "Room on the disk of the ledger.", [("", Int(clamping: controller.room.free))], into: &text)
        let states = controller.view.instancesByState
        gauge(
            "berth_instances", "Instances by state.", InstanceState.allCases.map { ("state=\"\($0.rawValue)\"", states[$0] ?? 0) }, into: &text)
        process(into: &text)
        return text
    }

    private static func requests(_ values: Metrics.Values, into text: inout String) {
        head("berth_http_requests_total", "counter", "Requests answered, by route and status.", into: &text)
        let sorted = values.requests.sorted { ($0.key.route?.rawValue ?? "", $0.key.status) < ($1.key.route?.rawValue ?? "", $1.key.status) }
        for (key, count) in sorted {
            text += "berth_http_requests_total{route=\"\(key.route?.template ?? "none")\",method=\"\(key.route?.method.rawValue ?? "")\","
            text += "code=\"\(key.status)\"} \(count)\n"
        }
        gauge("berth_http_requests_in_flight", "Requests whose answer has not begun.", [("", values.inFlight)], into: &text)
        let durations = values.durations.sorted { $0.key.rawValue < $1.key.rawValue }.map { route, histogram in
            ("route=\"\(route.template)\",method=\"\(route.method.rawValue)\"", histogram)
        }
        histogram("berth_http_request_duration_seconds", "Time until the answer began.", durations, into: &text)
    }

    private static func head(_ name: String, _ type: String, _ help: String, into text: inout String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    private static func gauge(_ name: String, _ help: String, _ samples: [(labels: String, value: Int)], into text: inout String) {
        head(name, "gauge", help, into: &text)
        for sample in samples { text += sample.labels.isEmpty ? "\(name) \(sample.value)\n" : "\(name){\(sample.labels)} \(sample.value)\n" }
    }

    private static func histogram(
        _ name: String, _ help: String, _ samples: [(labels: String, histogram: Metrics.Histogram)], into text: inout String
    ) {
        head(name, "histogram", help, into: &text)
        for (labels, histogram) in samples {
            let prefix = labels.isEmpty ? "" : labels + ","
            let braces = labels.isEmpty ? "" : "{\(labels)}"
            var total = 0
            for (bound, count) in zip(histogram.bounds, histogram.counts) {
                total += count
                text += "\(name)_bucket{\(prefix)le=\"\(bound)\"} \(total)\n"
            }
            text += "\(name)_bucket{\(prefix)le=\"+Inf\"} \(histogram.count)\n"
            text += "\(name)_sum\(braces) \(histogram.sum)\n\(name)_count\(braces) \(histogram.count)\n"
        }
    }

    /// The few that /proc gives for next to nothing.
    private static func process(into text: inout String) {
        guard let stat = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8), let end = stat.lastIndex(of: ")") else { return }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]), let pages = Int(fields[21]) else { return }
        head("process_cpu_seconds_total", "counter", "Processor time in user and kernel.", into: &text)
        text += "process_cpu_seconds_total \((user + system) / 100)\n"
        gauge("process_resident_memory_bytes", "Memory in use.", [("", pages * 4096)], into: &text)
        if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
            gauge("process_open_fds", "Open file descriptors.", [("", open)], into: &text)
        }
    }
}
