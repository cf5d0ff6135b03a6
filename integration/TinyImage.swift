import ClusterModel
import Foundation

/// The tiny guest image, made once per checkout and kept beside the build.
enum TinyImage {
    static func make(architecture: Architecture) async throws -> String {
        let path = path.replacingOccurrences(of: "tiny.tar", with: "tiny-\(architecture.rawValue).tar")
        if FileManager.default.fileExists(atPath: path) { return path }
        try FileManager.default.createDirectory(
            at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        let words = ["image", "build", "tiny", "--architecture", architecture.rawValue, "--output", path]
        let result = try await Executable.run(words, timeout: 600)
        guard result.exitCode == 0 else { throw CommandFailed(command: words, result: result) }
        return path
    }

    static let path = Executable.directory.deletingLastPathComponent().deletingLastPathComponent().appending(path: "images/tiny.tar").path

    private static let made = Task {
        if FileManager.default.fileExists(atPath: path) { return }
        try FileManager.default.createDirectory(
            at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        let result = try await Executable.run(["image", "build", "tiny", "--output", path], timeout: 600)
        guard result.exitCode == 0 else { throw CommandFailed(command: ["image", "build", "tiny"], result: result) }
    }

    static func make() async throws -> String {
        try await made.value
        return path
    }
}

extension Cluster {
    func importTinyImage() async throws {
        try await succeed("image", "import", TinyImage.make(), "--name", "tiny", "--format", "linux", timeout: 120)
    }

    /// A few bytes that look like an image, for synthetic nodes, which boot nothing.
    func importAnyImage() async throws {
        let file = try scratch.write(String(repeating: "x", count: 4096), to: "any.raw")
        try await succeed("image", "import", file, "--name", "tiny", "--format", "raw")
    }
}
