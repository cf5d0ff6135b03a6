import ClusterModel
import FoundationEssentials
import Subprocess
import SystemPackage

/// Makes one file of a qcow2 image that its header speaks well of: with `qemu-img`, told every format, and held to a time and to limits of the kernel.
struct ImageFlattening: Sendable {
    var timeout = Duration.seconds(1800)
    private static let tool = "/usr/bin/qemu-img"
    private static let addressSpace: Int64 = 2 << 30

    func flatten(_ source: String, virtualBytes: Int64, into target: String) async throws(ErrorBody) {
        // Its tables take at most a few thousandths of what they describe.
        let largestFile = virtualBytes + virtualBytes / 256 + 64 << 20
        let seconds = max(1, timeout.components.seconds)
        let words = [
            "--fsize=\(largestFile)", "--as=\(Self.addressSpace)", "--cpu=\(seconds)", "--core=0", Self.tool, "convert", "-f", "qcow2", "-O", "qcow2",
            source, target,
        ]
        let complaint: String?
        do {
            complaint = try await within(timeout) { try await Self.run(words) }
        } catch is TimedOut {
            throw ErrorBody(code: .timeout, message: "The image was not flattened within \(seconds) seconds and is given up.")
        } catch let error as ErrorBody {
            throw error
        } catch is CancellationError {
            throw ErrorBody(code: .unavailable, message: "The import was given up.")
        } catch {
            throw ErrorBody(
                code: .unavailable, message: "qemu-img can't be run on the controller's machine; install it there: apt-get install qemu-utils.")
        }
        guard let complaint else { return }
        if complaint.contains("No space left") || complaint.contains("Disk quota") { throw ImageIntake.trouble(28) }
        throw ErrorBody(code: .invalid, message: "The image can't be flattened: \(Printable(complaint, limit: 300)).")
    }

    /// Nil where it went well.
    private static func run(_ words: [String]) async throws -> String? {
        let result = try await Subprocess.run(
            .path(FilePath("/usr/bin/prlimit")), arguments: Arguments(words), environment: .custom(["PATH": "/usr/bin:/bin", "LC_ALL": "C"]),
            output: .discarded, error: .string(limit: 64 << 10))
        guard !result.terminationStatus.isSuccess else { return nil }
        if result.standardError.contains("No such file or directory"), result.standardError.contains("execute") {
            throw ErrorBody(
                code: .unavailable, message: "qemu-img is missing on the controller's machine; install it there: apt-get install qemu-utils.")
        }
        let line = result.standardError.split(separator: "\n").last.map(String.init)
        return line?.replacing(Self.tool, with: "qemu-img") ?? "qemu-img ended with \(result.terminationStatus)"
    }

    private struct TimedOut: Error {}

    private func within<Value: Sendable>(_ limit: Duration, _ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: limit)
                throw TimedOut()
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw TimedOut() }
            return value
        }
    }
}
