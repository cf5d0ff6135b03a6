import ClusterModel
import Glibc
import Subprocess
import SystemPackage

/// The machine's programs for networks, always called with lists of words.
enum NetworkTool {
    /// - Parameter input: what it reads.
    /// - Returns: what it prints.
    @discardableResult
    static func run(_ places: [String], _ words: [String], input: String = "") async throws(WorkFailure) -> String {
        guard let path = NetworkNeeds.path(places) else { throw WorkFailure("\(places[0]) is missing", isLasting: true) }
        let name = path.split(separator: "/").last ?? ""
        let result: ExecutionResult<Void, StringOutput<UTF8>, StringOutput<UTF8>>
        do {
            result = try await Subprocess.run(
                .path(FilePath(path)), arguments: Arguments(words), input: .string(input), output: .string(limit: 4 << 20),
                error: .string(limit: 64 << 10))
        } catch { throw WorkFailure("cannot run \(name): \(error)") }
        guard result.terminationStatus.isSuccess else {
            let complaint = result.standardError.split(separator: "\n").first ?? ""
            throw WorkFailure("\(name) \(words.prefix(4).joined(separator: " ")) failed: \(Printable(String(complaint), limit: 300))")
        }
        return result.standardOutput
    }

    static func ip(_ words: String...) async throws(WorkFailure) { try await run(NetworkNeeds.ip, words) }

    static func nft(_ rules: String) async throws(WorkFailure) { try await run(NetworkNeeds.nft, ["-f", "-"], input: rules) }

    static func hasTable(_ family: String, _ name: String) async -> Bool {
        do throws(WorkFailure) {
            try await run(NetworkNeeds.nft, ["list", "table", family, name])
            return true
        } catch { return false }
    }

    /// Asked of the kernel: /sys may be that of another network namespace.
    static func isDevice(_ name: String) -> Bool { if_nametoindex(name) != 0 }

    static func members(of bridge: String) async throws(WorkFailure) -> Set<String> {
        let lines = try await run(NetworkNeeds.ip, ["-brief", "link", "show", "master", bridge]).split(separator: "\n")
        return Set(lines.compactMap { line in line.split { $0 == " " || $0 == "@" }.first.map(String.init) })
    }

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
