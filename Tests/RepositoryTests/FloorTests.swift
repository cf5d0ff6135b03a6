import Testing

/// The table of `docs/architecture.md`: which of our targets and which packages each target may import.
private let allowed: [String: Set<String>] = [
    "ClusterModel": [],
    "Placement": ["ClusterModel"],
    "StrictYAML": ["ClusterModel", "Yams"],
    "ClusterAPI": ["ClusterModel", "CCurl"],
    "Certificates": ["ClusterModel", "Crypto", "SwiftASN1", "X509"],
    "ControllerDecisions": ["ClusterModel", "Placement"],
    "AgentDecisions": ["ClusterModel"],
    "CageDecisions": [],
    "Controller": [
        "ClusterModel", "Placement", "ClusterAPI", "ControllerDecisions", "StrictYAML", "GRDB", "GRDBSQLite", "Hummingbird", "HummingbirdCore",
        "HTTPTypes", "NIOCore", "NIOHTTPTypes", "Logging", "ServiceLifecycle", "Crypto", "DequeModule", "Subprocess", "SystemPackage",
        "NIOSSL", "Certificates",
    ],
    "Agent": [
        "ClusterModel", "ClusterAPI", "AgentDecisions", "CageDecisions", "StrictYAML", "CKVM", "CSpawn", "Subprocess", "SystemPackage", "Logging",
        "ServiceLifecycle", "Crypto", "Certificates",
    ],
    "Simulator": ["ClusterModel", "Placement", "ControllerDecisions", "AgentDecisions", "CageDecisions"],
    "Planner": ["ClusterModel", "Placement", "StrictYAML", "DequeModule", "Yams"],
    "berth": [
        "ClusterModel", "Placement", "StrictYAML", "ClusterAPI", "Certificates", "Controller", "Agent", "Planner",
        "Simulator", "CSpawn", "ArgumentParser", "Logging",
        "ServiceLifecycle", "UnixSignals", "Yams", "Subprocess",
    ],
    "berth-cage": ["CSpawn", "CageDecisions"],
]

/// What comes with the toolchain, and so is no matter of floors.
private let toolchain: Set<String> = ["Foundation", "FoundationEssentials", "Glibc", "Synchronization", "Dispatch", "Swift"]

@Suite("the floors")
struct FloorTests {
    let tree = SourceTree()

    @Test("a target imports only what its floor allows")
    func imports() throws {
        for file in try tree.files(under: "Sources", ending: ".swift") {
            let permitted = try #require(allowed[file.target], "\(file.path): the target \(file.target) is not in the table of floors")
            for module in Self.imports(of: file) where !toolchain.contains(module) {
                #expect(permitted.contains(module), "\(file.path) imports \(module), which is not below \(file.target)")
            }
        }
    }

    @Test("the pure targets read no clock, no file, no environment, and roll no dice")
    func purity() throws {
        let impure = [
            "ContinuousClock", "SuspendingClock", "Date()", "Date.now", "SystemRandomNumberGenerator", ".random(", ".shuffled()", ".randomElement()",
            "FileManager", "ProcessInfo", "getenv", "import Glibc", "import Foundation\n", "import Dispatch", "Task {", "UUID()",
        ]
        for target in Self.pure {
            for file in try tree.files(under: "Sources/\(target)", ending: ".swift") {
                let code = file.lines.filter { !$0.drop { $0 == " " }.hasPrefix("//") }.joined(separator: "\n")
                for word in impure {
                    #expect(!code.contains(word), "\(file.path) contains “\(word.trimmingSuffix)”: it must be given what it needs")
                }
            }
        }
    }

    static let pure = ["Placement", "ControllerDecisions", "AgentDecisions", "CageDecisions", "Simulator"]

    @Test("the pure targets never go by the order of a set or a dictionary, which is another in every run")
    func order() throws {
        for target in Self.pure {
            for file in try tree.files(under: "Sources/\(target)", ending: ".swift") {
                #expect(
                    Self.unordered(in: file) == [],
                    "\(file.path) goes through a set or a dictionary: sort it, or ask what does not depend on the order")
            }
        }
    }

    @Test("going through a dictionary is noticed, and asking it for a sum or a minimum is not")
    func orderIsNoticed() {
        let text = """
            var seen: Set<Int> = []
            var names: [Int: String] = [:]
            for name in names.values { print(name) }
            for (key, _) in names { print(key) }
            let all = seen.map { $0 }
            let sorted = seen.sorted()
            let least = names.keys.min()
            // for name in names.values
            """
        #expect(Self.unordered(in: SourceTree.File(path: "Sources/Placement/X.swift", text: text)).count == 3)
    }

    /// Lines that go through what has no order. By their look: names that the file declares as sets and dictionaries, and `keys` and `values`.
    static func unordered(in file: SourceTree.File) -> [Substring] {
        let harmless = [
            ".sorted", ".min()", ".min {", ".max()", ".max {", ".contains", ".count", ".isEmpty", ".allSatisfy", ".reduce(0)", "DomainLabels.keys",
            "launch.keys",
            "uniqueKeysWithValues",
            // A list, in the order in which it was asked for.
            "launch.keys", "self.keys",
            // Columns of a table.
            ".copy()",
        ]
        let names = file.text.matches(of: /(?:let|var) (\w+)(?:: \[[^\](]+: [^\]]+\]|: Set<| = Set[<(]| = \[[A-Z]\w*: )/).map(\.1)
        return file.lines.filter { line in
            guard !line.drop(while: { $0 == " " }).hasPrefix("//"), !harmless.contains(where: line.contains) else { return false }
            if line.contains(/\.(keys|values)(\.(map|filter|compactMap|flatMap|forEach|first|lazy|prefix|suffix|enumerated)\b| \{)/) { return true }
            return names.contains { name in
                line.contains(" in \(name) {")
                    || [".map", ".filter", ".compactMap", ".flatMap", ".forEach", ".first", ".reduce"].contains { line.contains(" \(name)\($0)") }
            }
        }
    }

    @Test("the controller and the agent know nothing of each other")
    func apart() throws {
        #expect(!allowed["Controller", default: []].contains("Agent"))
        #expect(!allowed["Agent", default: []].contains("Controller"))
    }

    static func imports(of file: SourceTree.File) -> [String] {
        file.lines.compactMap { line in
            let words = line.split(separator: " ").drop { $0.hasPrefix("@") || ["package", "public", "internal", "private"].contains($0) }
            guard words.first == "import", let module = words.dropFirst().first(where: { !["struct", "class", "enum", "func"].contains($0) }) else {
                return nil
            }
            return module.split(separator: ".").first.map(String.init)
        }
    }
}

extension String {
    fileprivate var trimmingSuffix: Substring { hasSuffix("\n") ? dropLast() : self[...] }
}
