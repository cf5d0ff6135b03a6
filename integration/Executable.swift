import Foundation

/// The built `berth`, run as a person would run it.
enum Executable {
    /// Beside the test bundle, so that the tests run what was built with them.
    static let directory: URL = {
        let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(filePath: path).deletingLastPathComponent()
    }()

    static let berth = directory.appending(path: "berth")

    struct Result: CustomStringConvertible {
        var exitCode: Int32
        var output: String
        var errors: String
        var seconds: Double
        var description: String { "exit code \(exitCode) after \(seconds) s\nstdout: \(output)\nstderr: \(errors)" }
        func decoded<Value: Decodable>(as type: Value.Type) throws -> Value { try JSONDecoder().decode(type, from: Data(output.utf8)) }
    }

    /// Runs to the end, or to `timeout` seconds: then it is killed and its exit code is -9.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String? = nil, timeout: Double = 60, executable: URL = berth
    ) async throws -> Result {
        let scratch = try Scratch("run")
        defer { scratch.remove() }
        let process = try RunningProcess(
            executable, arguments, environment: environment, directory: scratch.url, name: "command", input: input)
        let start = ContinuousClock.now
        let exitCode = await process.waitForExit(timeout: timeout)
        if exitCode == nil {
            process.kill(SIGKILL)
            _ = await process.waitForExit(timeout: 10)
        }
        let took = ContinuousClock.now - start
        return Result(
            exitCode: exitCode ?? -9, output: process.output(), errors: process.errors(),
            seconds: Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18)
    }
}

/// A process of the test's own, with its output in files, ended by pid.
final class RunningProcess: @unchecked Sendable {
    private let process = Process()
    private let outputFile: URL
    private let errorFile: URL
    let pid: Int32

    init(_ executable: URL, _ arguments: [String], environment: [String: String], directory: URL, name: String, input: String? = nil) throws {
        outputFile = directory.appending(path: "\(name).out")
        errorFile = directory.appending(path: "\(name).err")
        for file in [outputFile, errorFile] where !FileManager.default.fileExists(atPath: file.path) {
            _ = FileManager.default.createFile(atPath: file.path, contents: nil)
        }
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        var handles = [try Self.appending(outputFile), try Self.appending(errorFile)]
        process.standardOutput = handles[0]
        process.standardError = handles[1]
        if let input {
            let inputFile = directory.appending(path: "\(name).in")
            try input.write(to: inputFile, atomically: true, encoding: .utf8)
            handles.append(try FileHandle(forReadingFrom: inputFile))
            process.standardInput = handles[2]
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        try process.run()
        // Foundation keeps a process that has ended, and crashes where a descriptor is above 1,023.
        for handle in handles { try handle.close() }
        pid = process.processIdentifier
    }

    private static func appending(_ file: URL) throws -> FileHandle {
        let handle = try FileHandle(forWritingTo: file)
        try handle.seekToEnd()
        return handle
    }

    var isRunning: Bool { process.isRunning }
    func kill(_ signal: Int32) { if process.isRunning { Foundation.kill(pid, signal) } }
    func output() -> String { (try? String(contentsOf: outputFile, encoding: .utf8)) ?? "" }
    func errors() -> String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }

    /// The exit code (a signal's number negated), or nil if it still runs after `timeout` seconds.
    func waitForExit(timeout: Double) async -> Int32? {
        let deadline = ContinuousClock.now + .seconds(timeout)
        while process.isRunning {
            guard ContinuousClock.now < deadline else { return nil }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus
    }
}

/// A directory that goes away with the test. Short, since unix sockets lie beneath it and their paths end at 107 bytes.
struct Scratch {
    let url: URL

    init(_ name: String) throws {
        let suffix = String(UInt32.random(in: 0 ... .max), radix: 36)
        url = URL(filePath: "/tmp/berth-\(name)-\(suffix)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    func write(_ text: String, to name: String) throws -> String {
        let file = url.appending(path: name)
        try text.write(to: file, atomically: true, encoding: .utf8)
        return file.path
    }

    func remove() { try? FileManager.default.removeItem(at: url) }
}

/// Asks until the answer is there, or fails after a bound; never sleeps for longer than it must.
func eventually<Value>(
    _ what: String, within seconds: Double, every interval: Duration = .milliseconds(50), _ ask: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
        if let value = try await ask() { return value }
        guard ContinuousClock.now < deadline else { throw NeverHappened(what: what, seconds: seconds) }
        try await Task.sleep(for: interval)
    }
}

struct NeverHappened: Error, CustomStringConvertible {
    var what: String
    var seconds: Double
    var description: String { "\(what): not within \(seconds) s" }
}
