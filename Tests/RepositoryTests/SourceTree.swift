import Foundation

/// The checkout that these tests were built from, read as text.
struct SourceTree {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    struct File {
        /// From the root: "Sources/Agent/VMM/QEMU/QMP.swift".
        let path: String
        let text: String
        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        /// The target's folder under Sources.
        var target: String { String(path.split(separator: "/").dropFirst().first ?? "") }
    }

    /// Files that git tracks or would track, in path order.
    func files(under folder: String, ending: String) throws -> [File] {
        let folderURL = root.appending(path: folder)
        guard let walk = FileManager.default.enumerator(at: folderURL, includingPropertiesForKeys: nil) else { return [] }
        var files: [File] = []
        for case let url as URL in walk where url.path.hasSuffix(ending) {
            let path = url.path.dropFirst(root.path.hasSuffix("/") ? root.path.count : root.path.count + 1)
            files.append(File(path: String(path), text: try String(contentsOf: url, encoding: .utf8)))
        }
        return files.sorted { $0.path < $1.path }
    }

    func text(of path: String) throws -> String { try String(contentsOf: root.appending(path: path), encoding: .utf8) }

    func fileNames(in folder: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path) }

    func swiftFiles() throws -> [File] {
        try ["Sources", "Tests", "integration"].flatMap { try files(under: $0, ending: ".swift") }
    }
}
