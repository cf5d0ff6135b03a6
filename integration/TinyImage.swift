import ClusterModel
import Foundation

/// The tiny guest image, made once per checkout and kept beside the build.
enum TinyImage {
    static func make(architecture: Architecture) async throws -> String {
        let path = path.replacingOccurrences(of: "tiny.tar", with: "tiny-\(architecture.rawValue).tar")
        if isCurrent(path) { return path }
        try FileManager.default.createDirectory(
            at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        let words = ["image", "build", "tiny", "--architecture", architecture.rawValue, "--output", path]
        let result = try await Executable.run(words, timeout: 600)
        guard result.exitCode == 0 else { throw CommandFailed(command: words, result: result) }
        return path
    }

    /// An image that an older program made may lack what this one relies on.
    private static func isCurrent(_ path: String) -> Bool {
        func made(_ path: String) -> Date? { (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date }
        guard let image = made(path), let program = made(Executable.berth.path) else { return false }
        return image > program
    }

    static let path = Executable.directory.deletingLastPathComponent().deletingLastPathComponent().appending(path: "images/tiny.tar").path

    private static let made = Task {
        if isCurrent(path) { return }
        try FileManager.default.createDirectory(
            at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        let result = try await Executable.run(["image", "build", "tiny", "--output", path], timeout: 600)
        guard result.exitCode == 0 else { throw CommandFailed(command: ["image", "build", "tiny"], result: result) }
    }

    static func makeWithAgent() async throws -> String {
        let path = path.replacingOccurrences(of: "tiny.tar", with: "tiny-agent.tar")
        if isCurrent(path) { return path }
        try FileManager.default.createDirectory(
            at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        let words = ["image", "build", "tiny", "--guest-agent", "--output", path]
        let result = try await Executable.run(words, timeout: 600)
        guard result.exitCode == 0 else { throw CommandFailed(command: words, result: result) }
        return path
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
