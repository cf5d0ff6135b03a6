import ClusterModel
import Foundation
import Testing

/// Every command of `plan` and `capacity` as a person runs it: on files, without a cluster.
@Suite("the planner's commands", .timeLimit(.minutes(5)))
struct PlanningCommandTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    static let racks = root.appending(path: "cluster-configs/three-racks.yaml").path
    static let triplet = root.appending(path: "docs/samples/triplet-60.vbp").path
    static let trace = root.appending(path: "docs/samples/azure-cospot-sample.csv").path
    static let replay = [
        "plan", "replay", trace, "--columns", "id=vmId,vcpus=cores,memory=ram,start=starttime,end=endtime", "--time-unit", "day", "--node",
        "vcpus=2400,memory=768", "--quiet",
    ]

    struct Answer: CustomTestStringConvertible, Sendable {
        var arguments: [String]
        /// Keys that scripts rely on.
        var keys: [String]
        var testDescription: String { arguments.prefix(2).joined(separator: " ") }
    }

    static let answers: [Answer] = [
        .init(arguments: ["capacity", "show", "--cluster", racks], keys: ["rows"]),
        .init(arguments: ["capacity", "fit", "web", "--mix", "web=3", "--without", "memory-1", "--cluster", racks], keys: ["answers", "mix"]),
        .init(arguments: ["capacity", "survive", "--cluster", racks], keys: ["survivableNodes", "breakingNodes", "unplaceable", "why"]),
        .init(
            arguments: [
                "plan", "what-if", "--lose", "memory-1", "--add", "general-1=2", "--resize", "gpu-1=64/256GiB", "--cpu-percent", "300", "--policy",
                "spread", "--launch", "web=3", "--cluster", racks,
            ], keys: ["moves", "failures", "freeBefore", "freeAfter"]),
        .init(arguments: ["plan", "rebalance", "--max-moves", "5", "--max-move-gib", "64", "--cluster", racks], keys: ["moves", "lowerBoundNodes"]),
        .init(arguments: ["plan", "rebalance", "--goal", "level-load", "--cluster", racks], keys: ["moves", "highestLoadAfter"]),
        .init(arguments: ["plan", "pack", triplet, "--steps", "100000"], keys: ["lowerBound", "nodes", "provenOptimal"]),
        .init(
            arguments: replay, keys: ["arrivals", "skipped", "refused", "lowerBoundNodes", "fewestNodes", "nodeHoursRatio", "policy"]),
        .init(arguments: replay + ["--nodes", "60", "--policy", "best-fit-l2"], keys: ["refused", "nodeHoursRatio", "policy"]),
        .init(arguments: replay + ["--lifetimes"], keys: ["lifetimes", "fewestNodes", "nodeHoursRatio"]),
        .init(arguments: ["plan", "import", racks], keys: ["rows"]),
    ]

    @Test("answers as a table, as JSON, as CSV and as a page", arguments: answers)
    func formats(answer: Answer) async throws {
        let scratch = try Scratch("plan")
        defer { scratch.remove() }
        let page = scratch.url.appending(path: "page.html")
        let table = try await Executable.run(answer.arguments + ["--html", page.path])
        #expect(table.exitCode == 0, "\(table)")
        #expect(table.output.split(separator: "\n").count >= 2, "\(table)")
        let html = try String(contentsOf: page, encoding: .utf8)
        #expect(html.lowercased().hasPrefix("<!doctype html>") && html.contains("</html>"))
        #expect(!html.contains("src=\"http") && !html.contains("<link"), "the page stands alone")
        let json = try await Executable.run(answer.arguments + ["-o", "json"])
        #expect(json.exitCode == 0, "\(json)")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any], "\(json)")
        for key in answer.keys { #expect(object[key] != nil, "\(key) is missing: \(json)") }
        let csv = try await Executable.run(answer.arguments + ["-o", "csv"])
        #expect(csv.exitCode == 0, "\(csv)")
        let lines = csv.output.components(separatedBy: "\r\n")
        #expect(lines.count >= 2 && lines[0].contains(","), "\(csv)")
    }

    @Test("what export writes, the other commands read, and it says the same")
    func export() async throws {
        let scratch = try Scratch("plan")
        defer { scratch.remove() }
        let exported = try await Executable.run(["plan", "export", "--cluster", Self.racks, "--name", "copy"])
        #expect(exported.exitCode == 0, "\(exported)")
        let copy = try scratch.write(exported.output, to: "copy.yaml")
        for command in [["capacity", "show"], ["capacity", "fit"], ["capacity", "survive"]] {
            let first = try await Executable.run(command + ["--cluster", Self.racks, "-o", "json"])
            let second = try await Executable.run(command + ["--cluster", copy, "-o", "json"])
            #expect(first.output == second.output, "\(command)")
        }
    }

    @Test("the state at a moment of a replay is a cluster that the other commands read")
    func state() async throws {
        let scratch = try Scratch("plan")
        defer { scratch.remove() }
        let state = try await Executable.run(Self.replay + ["--policy", "best-fit-l2", "--state-at", "7"])
        #expect(state.exitCode == 0, "\(state)")
        let file = try scratch.write(state.output, to: "state.yaml")
        let rebalanced = try await Executable.run(["plan", "rebalance", "--max-moves", "20", "--cluster", file, "-o", "json"])
        struct Plan: Decodable {
            var nodesInUseBefore: Int
            var nodesInUseAfter: Int
            var lowerBoundNodes: Int
        }
        let plan = try rebalanced.decoded(as: Plan.self)
        #expect(plan.nodesInUseBefore > 10)
        #expect(plan.lowerBoundNodes <= plan.nodesInUseAfter && plan.nodesInUseAfter <= plan.nodesInUseBefore)
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var arguments: [String]
        var exitCode: Int32
        /// Words that the sentence must contain.
        var says: [String]
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let mistakes: [Case] = [
        .init(arguments: ["capacity", "show", "--cluster", "/no/such.yaml"], exitCode: 2, says: ["/no/such.yaml"]),
        .init(arguments: ["capacity", "show", "-o", "xml", "--cluster", racks], exitCode: 2, says: ["xml"]),
        .init(arguments: ["capacity", "show", "--cluster", racks, "--html", "/no/such/page.html"], exitCode: 1, says: ["/no/such/page.html"]),
        .init(arguments: ["capacity", "fit", "nope", "--cluster", racks], exitCode: 3, says: ["nope"]),
        .init(arguments: ["capacity", "fit", "web", "--without", "nowhere", "--cluster", racks], exitCode: 3, says: ["nowhere"]),
        .init(arguments: ["capacity", "fit", "--mix", "web=0", "--cluster", racks], exitCode: 2, says: ["web=0"]),
        .init(arguments: ["plan", "what-if", "--cluster", racks], exitCode: 2, says: ["--lose", "--launch"]),
        .init(arguments: ["plan", "what-if", "--lose", "nowhere", "--cluster", racks], exitCode: 3, says: ["nowhere"]),
        .init(arguments: ["plan", "what-if", "--launch", "nope=2", "--cluster", racks], exitCode: 3, says: ["nope"]),
        .init(arguments: ["plan", "what-if", "--resize", "gpu-1=64", "--cluster", racks], exitCode: 2, says: ["node=cpu/memory"]),
        .init(arguments: ["plan", "what-if", "--cpu-percent", "0", "--cluster", racks], exitCode: 2, says: ["percent"]),
        .init(arguments: ["plan", "what-if", "--policy", "tightest", "--cluster", racks], exitCode: 2, says: ["tightest", "best-fit-l2"]),
        .init(arguments: ["plan", "rebalance", "--max-moves", "0", "--cluster", racks], exitCode: 2, says: ["max-moves"]),
        .init(arguments: ["plan", "rebalance", "--apply", "--cluster", racks], exitCode: 2, says: ["--apply", "--cluster"]),
        .init(arguments: ["plan", "rebalance", "--parallel", "3", "--cluster", racks], exitCode: 2, says: ["--parallel", "--apply"]),
        .init(arguments: ["plan", "rebalance", "--apply", "--parallel", "65"], exitCode: 2, says: ["65", "64"]),
        .init(arguments: ["plan", "rebalance", "--goal", "tidy", "--cluster", racks], exitCode: 2, says: ["tidy"]),
        .init(arguments: ["plan", "pack", "/no/such.vbp"], exitCode: 2, says: ["/no/such.vbp"]),
        .init(arguments: ["plan", "pack", racks], exitCode: 2, says: ["three-racks.yaml:1"]),
        .init(arguments: ["plan", "replay", "/no/such.csv", "--node", "vcpus=1,memory=1"], exitCode: 2, says: ["/no/such.csv"]),
        .init(arguments: ["plan", "replay", trace, "--node", "vcpus=1,memory=1"], exitCode: 2, says: ["azure-cospot-sample.csv:1", "vcpus"]),
        .init(arguments: ["plan", "replay", trace, "--node", "vcpus=nan,memory=1"], exitCode: 2, says: ["vcpus"]),
        .init(arguments: ["plan", "replay", trace, "--columns", "speed=9", "--node", "vcpus=1,memory=1"], exitCode: 2, says: ["speed"]),
        .init(arguments: replay + ["--state-at", "7", "--nodes", "3"], exitCode: 2, says: ["--state-at"]),
        .init(arguments: replay + ["--state-at", "7", "--lifetimes"], exitCode: 2, says: ["--lifetimes"]),
        .init(arguments: ["capacity", "history", "--last", "0"], exitCode: 2, says: ["last"]),
        .init(arguments: ["plan", "import", "/no/such.yaml"], exitCode: 2, says: ["/no/such.yaml"]),
        .init(arguments: ["bench", "placement", "--nodes", "0"], exitCode: 2, says: ["nodes"]),
    ]

    @Test("a mistake gets one clear sentence and the right exit code", arguments: mistakes)
    func mistake(attempt: Case) async throws {
        let result = try await Executable.run(attempt.arguments)
        #expect(result.exitCode == attempt.exitCode, "\(result)")
        for word in attempt.says { #expect(result.errors.contains(word), "\(result)") }
        #expect(result.output.isEmpty, "nothing but data goes to standard output: \(result)")
    }

    @Test("a file with a mistake is refused with its line, and nothing is written")
    func brokenFiles() async throws {
        let scratch = try Scratch("plan")
        defer { scratch.remove() }
        let header = "name: x\nnodes:\n"
        let node = "  - {name: a, cpu: 8, memory: 8GiB, disk: 10GiB}\n"
        let page = scratch.url.appending(path: "page.html")
        for (text, words) in [
            (header + node + node, ["c.yaml:4", "a"]), (header + "  - {name: a, cpu: 8, memory: 8GB, disk: 10GiB}\n", ["c.yaml:3", "8GB"]),
            (header + "  - {name: a, cpu: 8, memory: 8GiB, disk: 10GiB, colour: red}\n", ["c.yaml:3", "colour"]),
            (header + node + "instances:\n  - {name: i, size: nope}\n", ["c.yaml:5", "nope"]),
            (header + node + "instances:\n  - {name: i, cpu: 1, memory: 1GiB, node: b}\n", ["c.yaml:5", "b"]),
            (header + node + "instances:\n  - {name: i, cpu: 1, memory: 1GiB, expiresAt: tomorrow}\n", ["c.yaml:5", "tomorrow"]),
            ("nodes: [\n", ["c.yaml"]),
        ] {
            let file = try scratch.write(text, to: "c.yaml")
            let result = try await Executable.run(["plan", "import", file, "--html", page.path])
            #expect(result.exitCode == 2, "\(text)\(result)")
            for word in words { #expect(result.errors.contains(word), "\(text)\(result)") }
            #expect(result.output.isEmpty && !FileManager.default.fileExists(atPath: page.path))
        }
        for (line, word) in [("1,2,0,nan", "nan"), ("1,-2,0,5", "-2"), ("1e300,2,0,5", "1e300"), ("1,2,5,4", "departure"), ("1,2,0", "3 fields")] {
            let file = try scratch.write("vcpus,memory,start,end\n1,1,0,5\n\(line)\n", to: "t.csv")
            let result = try await Executable.run(["plan", "replay", file, "--node", "vcpus=4,memory=8", "--html", page.path, "--quiet"])
            #expect(result.exitCode == 2, "\(line) \(result)")
            #expect(result.errors.contains("t.csv:3") && result.errors.contains(word), "\(line) \(result)")
            #expect(result.output.isEmpty && !FileManager.default.fileExists(atPath: page.path))
        }
    }

    /// So unlike that no packing is soon proved to be the best.
    private static func largeList(in scratch: Scratch) throws -> String {
        let items = (0..<150).map { "\(1000 + $0 * 7919 % 4001) \(1000 + $0 * 104_729 % 3989) 1" }
        return try scratch.write((["2", "10000 10000", "\(items.count)"] + items).joined(separator: "\n") + "\n", to: "large.vbp")
    }

    /// So many nodes that a policy that looks at each takes long.
    private static func longTrace(in scratch: Scratch) throws -> String {
        try scratch.write("vcpus,memory,start,end\n" + String(repeating: "1,1,0,inf\n", count: 12_000), to: "long.csv")
    }

    @Test("an interrupt ends a long run at once with exit code 130", arguments: ["pack", "replay", "placement"])
    func interrupt(what: String) async throws {
        let scratch = try Scratch("plan")
        defer { scratch.remove() }
        let arguments =
            switch what {
            case "pack": ["plan", "pack", try Self.largeList(in: scratch), "--steps", "1000000000000"]
            case "replay": ["plan", "replay", try Self.longTrace(in: scratch), "--node", "vcpus=2,memory=2", "--policy", "worst-fit", "--quiet"]
            default: ["bench", "placement", "--nodes", "20000", "--seconds", "600"]
            }
        let process = try RunningProcess(Executable.berth, arguments, environment: [:], directory: scratch.url, name: "long")
        try await Task.sleep(for: .seconds(1))
        #expect(process.isRunning)
        process.kill(SIGINT)
        let code = await process.waitForExit(timeout: 15)
        if code == nil { process.kill(SIGKILL) }
        #expect(code == 130, "\(process.errors())")
    }

    @Test("bench placement tells a script the rate, and p50 and p99 of each mix by its name")
    func bench() async throws {
        let result = try await Executable.run(["bench", "placement", "--nodes", "100", "--seconds", "1", "-o", "json"])
        #expect(result.exitCode == 0, "\(result)")
        struct Figures: Decodable {
            struct Mix: Decodable {
                var mix: String
                var p50Nanoseconds: Int
                var p99Nanoseconds: Int
            }
            var nodes: Int
            var decisionsPerSecond: Double
            var p50Nanoseconds: Int
            var p99Nanoseconds: Int
            var peakMemoryBytes: Int
            var mixes: [Mix]
        }
        let figures = try result.decoded(as: Figures.self)
        #expect(figures.nodes == 100 && figures.decisionsPerSecond > 0 && figures.peakMemoryBytes > 0)
        #expect(Set(figures.mixes.map(\.mix)).isSuperset(of: ["usual", "everything", "tooLarge", "together"]))
        #expect(figures.mixes.allSatisfy { $0.p50Nanoseconds > 0 && $0.p50Nanoseconds <= $0.p99Nanoseconds })
        #expect(figures.p99Nanoseconds == figures.mixes.map(\.p99Nanoseconds).max())
    }
}
