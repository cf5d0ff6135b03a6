import Testing

/// The table of `docs/architecture.md`: which of our targets and which packages each target may import.
private let allowed: [String: Set<String>] = [
    "ClusterModel": [],
    "Placement": ["ClusterModel"],
    "StrictYAML": ["ClusterModel", "Yams"],
    "ClusterAPI": ["ClusterModel", "CCurl"],
    "ControllerDecisions": ["ClusterModel", "Placement"],
    "AgentDecisions": ["ClusterModel"],
    "CageDecisions": [],
    "Controller": [
        "ClusterModel", "Placement", "ClusterAPI", "ControllerDecisions", "StrictYAML", "GRDB", "GRDBSQLite", "Hummingbird", "HummingbirdCore",
        "HTTPTypes", "NIOCore", "NIOHTTPTypes", "Logging", "ServiceLifecycle", "Crypto", "DequeModule", "Subprocess", "SystemPackage",
    ],
    "Agent": [
        "ClusterModel", "ClusterAPI", "AgentDecisions", "CageDecisions", "StrictYAML", "CKVM", "CSpawn", "Subprocess", "SystemPackage", "Logging",
        "ServiceLifecycle", "Crypto",
    ],
    "Planner": ["ClusterModel", "Placement", "StrictYAML", "DequeModule", "Yams"],
    "berth": [
        "ClusterModel", "Placement", "StrictYAML", "ClusterAPI", "Controller", "Agent", "Planner", "CSpawn", "ArgumentParser", "Logging",
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
        for target in ["Placement", "ControllerDecisions", "AgentDecisions", "CageDecisions"] {
            for file in try tree.files(under: "Sources/\(target)", ending: ".swift") {
                let code = file.lines.filter { !$0.drop { $0 == " " }.hasPrefix("//") }.joined(separator: "\n")
                for word in impure {
                    #expect(!code.contains(word), "\(file.path) contains “\(word.trimmingSuffix)”: it must be given what it needs")
                }
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
