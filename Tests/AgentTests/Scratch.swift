import Agent
import AgentDecisions
import ClusterModel
import Foundation
import Logging

/// A fresh directory that goes away with the test.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "berth-agent-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Also ends the VMMs that a failed test has left.
    deinit {
        for instance in (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/instances")) ?? [] {
            guard let id = InstanceID(instance) else { continue }
            let process = InstanceDirectory(id: id, under: "\(path)/instances").read(InstanceDirectory.Process.self, from: .process)
            if let process, RunningProcess.isAlive(process.vmm) { kill(process.pid, SIGKILL) }
        }
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}

struct NeverHappened: Error { let what: String }

/// Asks again and again until there is an answer.
func eventually<Value>(
    _ what: String, within seconds: Double = 20, isolation: isolated (any Actor)? = #isolation, _ ask: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if let value = try await ask() { return value }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw NeverHappened(what: what)
}

/// A logger that only complains.
let quiet: Logger = {
    var logger = Logger(label: "test") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .error
    return logger
}()

func name(_ text: String) -> Name { try! Name(text) }

extension Bool {
    /// For `eventually`.
    var orNil: Bool? { self ? true : nil }
}
