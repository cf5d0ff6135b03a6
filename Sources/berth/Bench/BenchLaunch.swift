import ArgumentParser
import ClusterAPI
import ClusterModel
import FoundationEssentials

/// Durable launches through the API, from many clients at once.
struct BenchLaunch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "launch", abstract: "Launch as many instances as the controller takes, on a cluster that is there for it.",
        discussion: """
            Every launch is one request that is answered when it is durable. The instances stay:
            use a cluster of synthetic nodes (`berth dev up --synthetic --nodes 1000`) and throw it away.
            """)

    @Option(help: "How many clients launch at once, 1 to 1024.", transform: ArgumentText.positive)
    var clients: Int = 64

    @Option(help: "For how many seconds, 1 to 600.", transform: ArgumentText.positive)
    var seconds: Int = 10

    @Option(help: "The size of the instances.", transform: ArgumentText.name)
    var size: Name?

    @OptionGroup var outputOptions: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard clients <= 1024 else { throw ValidationError("--clients is at most 1024.") }
        guard seconds <= 600 else { throw ValidationError("--seconds is at most 600.") }
    }

    func run() async throws {
        let client = try connection.client()
        let prefix = "bench-\(String(UInt32(truncatingIfNeeded: Int64(Date().timeIntervalSince1970 * 1000)), radix: 36))"
        let clock = ContinuousClock()
        let start = clock.now
        let deadline = start + .seconds(seconds)
        let counts = await withTaskGroup(of: LaunchCounts.self) { group in
            for number in 0..<clients {
                group.addTask { await launches(client, named: "\(prefix)-\(number)", until: deadline, clock) }
            }
            return await group.reduce(into: LaunchCounts()) { $0.add($1) }
        }
        let elapsed = start.duration(to: clock.now)
        let report = LaunchReport(counts, clients: clients, elapsed: elapsed)
        try StandardOutput.write(LaunchReport.presentation.text(of: report, as: outputOptions.output))
        if let failure = counts.firstFailure { throw CommandFailure(.failed, "\(counts.failed) launches failed; the first: \(failure)") }
    }

    private func launches(
        _ client: APIClient, named prefix: String, until deadline: ContinuousClock.Instant, _ clock: ContinuousClock
    ) async -> LaunchCounts {
        var counts = LaunchCounts()
        var number = 0
        while clock.now < deadline, !Task.isCancelled {
            let sent = clock.now
            do {
                try await launch(client.transport, name: try Name("\(prefix)-\(number)"))
                counts.latencies.append(sent.duration(to: clock.now))
            } catch {
                counts.failed += 1
                if counts.firstFailure == nil { counts.firstFailure = "\(error)" }
                if counts.failed > 100 { break }
            }
            number += 1
        }
        return counts
    }

    /// As `APIClient` asks it, but of the answer only the status is read unless it refuses: reading the rest took the client as long as the
    /// controller takes for the launch, on the same cores.
    private func launch(_ transport: any Transport, name: Name) async throws {
        var body = JSONWriter(capacity: 128)
        body.object { object in
            object.field("name", name)
            object.field("size", size)
        }
        let answer = try await transport.send(
            HTTPRequest(
                method: Route.launchInstance.method, target: Route.launchInstance.path(),
                headers: [("Idempotency-Key", UUID().uuidString.lowercased())], body: .bytes(Data(body.bytes))))
        guard answer.status == 201 else {
            throw (try? WireJSON.decode(ErrorAnswer.self, from: answer.body))?.error
                ?? ErrorBody(code: .internal, message: "The controller answered with the status \(answer.status).")
        }
    }
}

private struct LaunchCounts: Sendable {
    var latencies: [Duration] = []
    var failed = 0
    var firstFailure: String?

    mutating func add(_ other: Self) {
        latencies += other.latencies
        failed += other.failed
        firstFailure = firstFailure ?? other.firstFailure
    }
}

private struct LaunchReport: Encodable {
    var clients: Int
    var launches: Int
    var failed: Int
    var seconds: Double
    var launchesPerSecond: Double
    var p50Milliseconds: Double
    var p99Milliseconds: Double

    init(_ counts: LaunchCounts, clients: Int, elapsed: Duration) {
        let sorted = counts.latencies.sorted()
        func percentile(_ share: Double) -> Double {
            sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))] / .milliseconds(1)
        }
        self.clients = clients
        launches = sorted.count
        failed = counts.failed
        seconds = elapsed / .seconds(1)
        launchesPerSecond = Double(sorted.count) / max(seconds, 0.001)
        p50Milliseconds = percentile(0.5)
        p99Milliseconds = percentile(0.99)
    }

    static let presentation =
        Presentation<LaunchReport>(
            columns: [
                Column("CLIENTS") { "\($0.clients)" }, Column("LAUNCHES") { "\($0.launches)" }, Column("FAILED") { "\($0.failed)" },
                Column("PER SECOND") { "\(Int($0.launchesPerSecond))" }, Column("P50 MS") { "\(($0.p50Milliseconds * 10).rounded() / 10)" },
                Column("P99 MS") { "\(($0.p99Milliseconds * 10).rounded() / 10)" },
            ], name: { "\(Int($0.launchesPerSecond))" })
}
