import AgentDecisions
import ClusterModel
import FoundationEssentials
import Glibc

/// The one directory of an instance. Its name is the server-made id; every file in it has a fixed name.
package struct InstanceDirectory: Sendable {
    package let id: InstanceID
    package let path: String

    package init(id: InstanceID, under root: String) {
        self.id = id
        path = "\(root)/\(id)"
    }

    package enum File: String {
        case record = "instance.json"
        /// Written by the cage before the VMM runs.
        case process = "vmm.json"
        /// Written by the cage when the VMM has ended.
        case end = "exit.json"
        case lock = "cage.lock"
        case complaints = "vmm.log"
        case console = "console.log"
        case olderConsole = "console.log.1"
        case consoleSocket = "console.sock"
        case control = "qmp.sock"
        /// A second one, for `berth agent shutdown`.
        case shutdownControl = "shutdown.sock"
        case guestAgent = "agent.sock"
        case seed = "seed.iso"
        case disk = "disk.qcow2"
        /// The guest was shut down because the machine goes down.
        case shutdown = "shutdown.json"
        /// Of a migration: its key, the socket of the VMM that receives disks, and those of the one that sends.
        case keys = "vmm/keys.psk"
        case disksSocket = "disks.sock"
        case disksDoor = "vmm/send-disks.sock"
        case stateDoor = "vmm/send-state.sock"
        case copierControl = "copier.sock"

        /// As a VMM calls it, whose working directory is beneath the instance's.
        var nameForVMM: String { rawValue.hasPrefix("vmm/") ? String(rawValue.dropFirst(4)) : rawValue }
    }

    /// Where a VMM is: it reads there and can't write.
    var vmm: String { "\(path)/vmm" }

    /// What the cage writes down of the VMM that it is about to run.
    package struct Process: Codable {
        package var bootID: String
        package var cage: Int32
        package var cageStartTime: UInt64
        package var pid: Int32
        package var startTime: UInt64
        /// Nil: the agent's own.
        package var user: UInt32?

        package var vmm: VMMProcess { VMMProcess(pid: pid, startTime: startTime, bootID: bootID) }
    }

    package struct End: Codable {
        package var pid: Int32
        package var startTime: UInt64
        package var exited: Int32?
        package var signal: Int32?
        package var leaseOver: Bool?

        package var exit: VMMExit {
            if leaseOver == true { return .leaseOver }
            if let signal { return .signalled(signal) }
            guard let exited else { return .unseen }
            return exited == 0 ? .poweredOff : .exited(exited)
        }
    }

    package struct ShutdownMark: Codable {
        package var bootID: String
    }

    package func file(_ file: File) -> String { "\(path)/\(file.rawValue)" }

    package func read<Value: Decodable>(_ type: Value.Type, from file: File) -> Value? {
        DurableFile.read(self.file(file)).flatMap { try? JSONDecoder().decode(type, from: $0) }
    }

    package func write(_ value: some Encodable, to file: File) throws(WorkFailure) {
        let data: Data
        do { data = try JSONEncoder().encode(value) } catch { throw WorkFailure("cannot encode \(file.rawValue)", isLasting: true) }
        do {
            try DurableFile.makeDirectory(path)
            try DurableFile.write(data, to: self.file(file))
        } catch { throw WorkFailure(error) }
    }

    package func exists(_ file: File) -> Bool { access(self.file(file), F_OK) == 0 }

    package func delete(_ file: File) { unlink(self.file(file)) }

    /// A cage holds the instance, whatever its files say.
    package var isCaged: Bool { FileLock.isHeld(file(.lock)) }

    /// Takes away every file but these, then the directory when it is empty. The record goes last: with it gone nobody would look here again.
    package func clear(keeping kept: [File] = []) throws(WorkFailure) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let keptNames = kept.map(\.rawValue)
        for name in names.sorted() where name != File.record.rawValue && !keptNames.contains(name) {
            let entry = "\(path)/\(name)"
            guard unlink(entry) == 0 || errno == ENOENT || errno == EISDIR && Self.removeDirectory(entry) else {
                throw WorkFailure("cannot remove \(entry): \(String(cString: strerror(errno)))")
            }
        }
        guard kept.isEmpty else { return }
        unlink(file(.record))
        guard rmdir(path) == 0 || errno == ENOENT else { throw WorkFailure("cannot remove \(path): \(String(cString: strerror(errno)))") }
    }

    /// With the files in it; no VMM can write to one.
    private static func removeDirectory(_ path: String) -> Bool {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] { unlink("\(path)/\(name)") }
        return rmdir(path) == 0 || errno == ENOENT
    }

    /// Whose VMM runs here: it is to read the file.
    func give(_ file: File) {
        guard let user = read(Process.self, from: .process)?.user else { return }
        lchown(self.file(file), user, user)
    }

    /// An agent that died at the very end of a removal leaves one.
    package func removeIfEmpty() -> Bool { rmdir(path) == 0 }

    package static func all(under root: String) -> [InstanceDirectory] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.compactMap { InstanceID($0) }.sorted().map { InstanceDirectory(id: $0, under: root) }
    }
}
