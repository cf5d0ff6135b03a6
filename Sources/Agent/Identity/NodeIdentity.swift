import ClusterModel
import FoundationEssentials

/// What makes a data directory one node's: its id, the lock that one agent holds, and the highest epoch that it has seen.
package final class NodeIdentity: Sendable {
    package let id: NodeID
    /// Held while an agent uses the directory.
    package let lockFile: String
    private let directory: String
    private let lock: FileLock

    /// Made at the first start and kept from then on.
    package init(directory: String) throws(WorkFailure) {
        self.directory = directory
        do { try DurableFile.makeDirectory(directory) } catch { throw WorkFailure("\(error); make its parent directory first, or name another") }
        lockFile = "\(directory)/agent.lock"
        lock = try FileLock(
            lockFile, ifHeld: "another agent uses \(directory); stop it, or give this one a data directory of its own")
        let file = "\(directory)/node-id"
        if let data = DurableFile.read(file, limit: 128) {
            let text = String(decoding: data, as: UTF8.self).filter { $0 != "\n" }
            guard let id = NodeID(text) else {
                throw WorkFailure("\(file) holds no node id; restore it from a backup, or remove the data directory to join as a new node")
            }
            self.id = id
        } else {
            id = NodeID.random()
            do { try DurableFile.write(Data("\(id)\n".utf8), to: file) } catch { throw WorkFailure(error) }
        }
    }

    private var epochFile: String { "\(directory)/epoch" }

    package var highestEpoch: Epoch {
        let text = DurableFile.read(epochFile, limit: 64).map { String(decoding: $0, as: UTF8.self).filter { $0 != "\n" } }
        return Epoch(text.flatMap { Int64($0) } ?? 0)
    }

    package func keep(_ epoch: Epoch) throws(WorkFailure) {
        do { try DurableFile.write(Data("\(epoch.number)\n".utf8), to: epochFile) } catch { throw WorkFailure(error) }
    }
}
