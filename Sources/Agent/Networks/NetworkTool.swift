import ClusterModel
import Glibc
import Subprocess
import SystemPackage

/// The machine's programs for networks, always called with lists of words.
enum NetworkTool {
    /// - Parameter input: what it reads.
    static func run(_ places: [String], _ words: [String], input: String = "") async throws(WorkFailure) {
        guard let path = NetworkNeeds.path(places) else { throw WorkFailure("\(places[0]) is missing", isLasting: true) }
        let name = path.split(separator: "/").last ?? ""
        let result: ExecutionResult<Void, DiscardedOutput, StringOutput<UTF8>>
        do {
            result = try await Subprocess.run(
                .path(FilePath(path)), arguments: Arguments(words), input: .string(input), output: .discarded, error: .string(limit: 64 << 10))
        } catch { throw WorkFailure("cannot run \(name): \(error)") }
        guard result.terminationStatus.isSuccess else {
            let complaint = result.standardError.split(separator: "\n").first ?? ""
            throw WorkFailure("\(name) \(words.prefix(4).joined(separator: " ")) failed: \(Printable(String(complaint), limit: 300))")
        }
    }

    static func ip(_ words: String...) async throws(WorkFailure) { try await run(NetworkNeeds.ip, words) }

    static func nft(_ rules: String) async throws(WorkFailure) { try await run(NetworkNeeds.nft, ["-f", "-"], input: rules) }

    static func hasTable(_ family: String, _ name: String) async -> Bool {
        do throws(WorkFailure) {
            try await run(NetworkNeeds.nft, ["list", "table", family, name])
            return true
        } catch { return false }
    }

    static func isDevice(_ name: String) -> Bool { access("/sys/class/net/\(name)", F_OK) == 0 }

    /// A file of /proc/sys.
    static func set(_ path: String, _ value: String) throws(WorkFailure) {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw WorkFailure("cannot set \(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        guard write(file, value, value.utf8.count) == value.utf8.count else {
            throw WorkFailure("cannot set \(path): \(String(cString: strerror(errno)))")
        }
    }
}
