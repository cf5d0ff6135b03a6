import ClusterModel
import Foundation
import Synchronization
import Testing

@Suite("a controller that dies", .serialized, .timeLimit(.minutes(5)))
struct ControllerCrashTests {
    /// What an outside client was told, and so may rely on.
    private final class ClientLog: Sendable {
        private let acknowledgedNames = Mutex<Set<String>>([])
        func acknowledge(_ name: String) { acknowledgedNames.withLock { _ = $0.insert(name) } }
        var acknowledged: Set<String> { acknowledgedNames.withLock { $0 } }
    }

    @Test("killed with -9 at any moment under load, it loses nothing that was acknowledged, and its usage is the sum of its allocations")
    func nothingIsLost() async throws {
        try await Cluster.run(.synthetic(2)) { cluster in
            try await cluster.importAnyImage()
            let log = ClientLog()
            let seed = UInt64.random(in: 0 ... .max)
            print("seed \(seed)")
            var moments = SplitMix(seed)
            for round in 1...6 {
                let delay = Duration.milliseconds(Int64(moments.next() % 250) + 20)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in 1...3 {
                        group.addTask {
                            for number in 1...4 {
                                let name = "r\(round)c\(client)n\(number)"
                                let result = try await cluster.berth("launch", name, "--size", "nano", "--no-wait")
                                if result.exitCode == 0 { log.acknowledge(name) }
                            }
                        }
                    }
                    try await Task.sleep(for: delay)
                    await cluster.killController()
                    try await cluster.restartController()
                    try await group.waitForAll()
                }
            }
            let acknowledged = log.acknowledged
            #expect(!acknowledged.isEmpty)
            let names = try await cluster.succeed("instance", "list", "-o", "name").output.split(separator: "\n").map {
                String($0.split(separator: "/").last ?? $0)
            }
            #expect(acknowledged.subtracting(names).sorted() == [], "acknowledged, and gone")
            #expect(Set(names).count == names.count, "nothing is there twice")
            try await cluster.waitForNodes(2)
            let instances = try await cluster.succeed("instance", "list", "-o", "json").decoded(as: [Instance].self)
            let sum = instances.compactMap(\.placement?.allocation).reduce(Resources.zero, +)
            let status = try await cluster.succeed("cluster", "status", "-o", "json")
            let view = try JSONSerialization.jsonObject(with: Data(status.output.utf8)) as? [String: Any]
            let allocated = view?["allocated"] as? [String: Any]
            #expect(allocated?["memoryMiB"] as? Int == Int(sum.memory.count))
            #expect(allocated?["milliCPU"] as? Int == Int(sum.cpu.count))
        }
    }

    @Test("a second controller on the same data directory is refused with one sentence, and the first runs on")
    func secondController() async throws {
        try await Cluster.run(.synthetic(1)) { cluster in
            let second = try await Executable.run(
                ["controller", "run", "--config", cluster.scratch.url.path + "/controller.yaml"], timeout: 20)
            #expect(second.exitCode == 1, "\(second)")
            #expect(second.errors.split(separator: "\n").filter { $0.hasPrefix("berth: ") }.count == 1, "\(second)")
            #expect(try await cluster.berth("cluster", "status").exitCode == 0)
        }
    }
}

/// Sebastiano Vigna's splitmix64: a seed that is printed gives the same moments again.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
