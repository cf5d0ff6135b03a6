import CSpawn
import ClusterModel
import Glibc

/// What cages and guard share with the agent while the machine is up: the lease, and the register of fenced VMMs.
package struct RunDirectory: Sendable {
    package let path: String

    package init(path: String) throws(WorkFailure) {
        self.path = path
        do {
            if path.hasPrefix("\(Self.standard)/") { try DurableFile.makeDirectory(Self.standard, mode: 0o711) }
            try DurableFile.makeDirectory(path)
            try DurableFile.makeDirectory(registry)
        } catch { throw WorkFailure(error) }
    }

    /// `/run/berth/NODE` where /run is memory and may be written, else in the data directory.
    package init(_ configuration: AgentConfiguration, node: NodeID) throws(WorkFailure) {
        try self.init(path: Self.place(configuration, node: node))
    }

    private static let standard = "/run/berth"

    /// Nil for a node that has no id yet: where the directories of all nodes are.
    static func place(_ configuration: AgentConfiguration, node: NodeID?) -> String {
        if let path = configuration.runDirectory { return path }
        // Under a unit the first may be all of /run that can be written.
        guard isMemory("/run"), access(standard, W_OK) == 0 || access("/run", W_OK) == 0 else { return "\(configuration.dataDirectory)/run" }
        return node.map { "\(standard)/\($0)" } ?? "/run"
    }

    package var lease: String { "\(path)/lease" }
    package var registry: String { "\(path)/fenced" }
    /// Written by the guard.
    package var guardRecord: String { "\(registry)/guard.json" }

    /// On a disk a renewal can wait for the disk. A path that is still to be made lies where its parent does.
    package static func isMemory(_ path: String) -> Bool {
        var path = Substring(path)
        while access(String(path), F_OK) != 0, let slash = path.lastIndex(of: "/"), slash > path.startIndex { path = path[..<slash] }
        return cspawn_is_memory(String(path)) == 1
    }
}
