import ClusterAPI
import ClusterModel
import FoundationEssentials
import Glibc

/// What `dev up` started, kept in `dev.json` so that later commands find it again.
struct DevState: Codable {
    var endpoint: String
    /// The names of the nodes that are to be alive, and how many a fleet adds.
    var nodes: [String]
    var fleet: Int
    var processes: [DevProcess]
    /// The context that was current before.
    var previousContext: String?

    /// Who is trusted to be the controller.
    func trust(_ directory: DevDirectory) throws -> CurlTrust {
        guard isSecure else { return CurlTrust() }
        return CurlTrust(.pinned(try InputFile.read(directory.authority, limit: 1 << 20)))
    }

    var isSecure: Bool { endpoint.hasPrefix("https:") }

    func transport(_ directory: DevDirectory) throws -> CurlTransport {
        try CurlTransport(endpoint: endpoint, token: directory.adminToken, trust: try trust(directory))
    }

    static let fleetName = "fleet"

    /// Everything that runs, or should, by the name of its configuration, log and data.
    var processNames: [String] { ["controller"] + nodes + (fleet > 0 ? [Self.fleetName] : []) }

    var expectedNodes: Int { nodes.count + fleet }

    static func read(_ directory: DevDirectory) throws -> DevState? {
        let path = directory.file("dev.json")
        guard access(path, F_OK) == 0 else { return nil }
        do { return try JSONDecoder().decode(DevState.self, from: Data(contentsOf: URL(filePath: path))) } catch {
            throw CommandFailure(.failed, "\(path) can't be read: end its processes by hand and remove the file")
        }
    }

    func write(_ directory: DevDirectory) throws {
        try UserDirectory.replace(directory.file("dev.json"), with: try Rendering.json(self), mode: 0o600)
    }

    static func forget(_ directory: DevDirectory) { unlink(directory.file("dev.json")) }
}
