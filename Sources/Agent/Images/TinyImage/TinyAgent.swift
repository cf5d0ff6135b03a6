import ClusterModel
import FoundationEssentials

/// Debian's qemu-guest-agent with the libraries that it needs, for an image that has neither.
enum TinyAgent {
    static let packages = [
        "qemu-guest-agent", "libc6", "libglib2.0-0", "libnuma1", "libudev1", "liburing2", "libpcre2-8-0",
    ]

    private static let libraries = [
        "libc.so.6", "libm.so.6", "libglib-2.0.so.0", "libgmodule-2.0.so.0", "libnuma.so.1", "libudev.so.1", "liburing.so.2", "libpcre2-8.so.0",
    ]

    /// Where the program looks for its loader.
    private static func loader(of architecture: Architecture) -> String {
        architecture == .x86_64 ? "lib64/ld-linux-x86-64.so.2" : "lib/ld-linux-aarch64.so.1"
    }

    /// - Parameter root: of the unpacked packages.
    static func add(to archive: inout NewASCIIArchive, from root: String, _ architecture: Architecture) throws {
        for directory in ["agent", "lib", "lib64"] { archive.add(directory: directory) }
        archive.add(file: "agent/qemu-ga", try Data(contentsOf: URL(filePath: "\(root)/usr/sbin/qemu-ga")), isExecutable: true)
        let loader = loader(of: architecture)
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root)
        for (name, place) in libraries.map({ ($0, "lib/\($0)") }) + [(String(loader.split(separator: "/")[1]), loader)] {
            guard let path = paths.first(where: { $0.hasSuffix("/\(name)") && !$0.contains("libc6-prof") }) else {
                throw TinyImage.Failure(description: "the packages of the guest's agent hold no \(name)")
            }
            archive.add(file: place, try Data(contentsOf: URL(filePath: "\(root)/\(path)")), isExecutable: true)
        }
    }
}
