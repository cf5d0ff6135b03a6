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

    static func place(_ configuration: AgentConfiguration, node: NodeID) -> String {
        if let path = configuration.runDirectory { return path }
        return isMemory("/run") && access("/run", W_OK) == 0 ? "\(standard)/\(node)" : "\(configuration.dataDirectory)/run"
    }

    package var lease: String { "\(path)/lease" }
    package var registry: String { "\(path)/fenced" }
    /// Written by the guard.
    package var guardRecord: String { "\(registry)/guard.json" }

    /// On a disk a renewal can wait for the disk.
    package static func isMemory(_ path: String) -> Bool { cspawn_is_memory(path) == 1 }
}
