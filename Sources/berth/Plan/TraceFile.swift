import ClusterModel
import FoundationEssentials
import Planner
import Subprocess

/// A file that may be compressed: `.xz` and `.gz` go through the tool of that name.
enum TraceFile {
    private static let maximumBytes = 1 << 30

    static func bytes(of path: String) async throws -> [UInt8] {
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw InputError(file: path, line: nil, message: "cannot be read; check that the file exists and may be read")
        }
        for (suffix, tool) in [(".xz", "xz"), (".gz", "gzip")] where path.hasSuffix(suffix) { return try await unpacked(path, by: tool) }
        do { return Array(try Data(contentsOf: URL(filePath: path))) } catch {
            throw InputError(file: path, line: nil, message: "cannot be read; it must be a file")
        }
    }

    private static func unpacked(_ path: String, by tool: String) async throws -> [UInt8] {
        do {
            let result = try await run(
                .name(tool), arguments: ["-dc", "--", path], output: .bytes(limit: maximumBytes), error: .string(limit: 4096))
            guard result.terminationStatus.isSuccess else {
                throw InputError(file: path, line: nil, message: "\(tool) cannot unpack it: \(Printable(result.standardError, limit: 200))")
            }
            return result.standardOutput
        } catch let error as InputError {
            throw error
        } catch {
            try Task.checkCancellation()
            throw InputError(file: path, line: nil, message: "cannot be unpacked by \(tool): install it, and unpack files over 1 GiB yourself")
        }
    }
}
