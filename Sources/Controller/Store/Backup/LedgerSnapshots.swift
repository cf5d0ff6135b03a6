import ClusterModel
import FoundationEssentials
import Glibc

/// Copies of the ledger beside it, the latest few: the way back from a damaged ledger when nobody made backups.
struct LedgerSnapshots: Sendable {
    static let directoryName = "snapshots"
    private static let prefix = "ledger-"
    private static let suffix = ".sqlite"
    private static let partial = ".part"

    let directory: String
    let kept: Int

    init(dataDirectory: String, kept: Int) {
        directory = "\(dataDirectory)/\(Self.directoryName)"
        self.kept = kept
    }

    /// Oldest first: the time is part of the name, in a form that sorts.
    var names: [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return all.filter { $0.hasPrefix(Self.prefix) && $0.hasSuffix(Self.suffix) }.sorted()
    }

    var latest: String? { names.last.map { "\(directory)/\($0)" } }

    /// Milliseconds since 1970; nil where there is none.
    var latestAt: Int64? {
        guard let name = names.last else { return nil }
        return Int64(name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count))
    }

    @discardableResult
    func take(of store: any StateStore, at now: Timestamp, while goesOn: @escaping @Sendable () -> Bool = { true }) async throws(StoreError) -> String
    {
        let path = "\(directory)/\(Self.prefix)\(Self.padded(now.milliseconds))\(Self.suffix)"
        let file = try await copy(store, while: goesOn)
        defer { file.discard() }
        try file.keep(as: path)
        for name in names.dropLast(kept) { unlink("\(directory)/\(name)") }
        return path
    }

    /// A copy under a name of its own, which its reader takes away.
    func copy(_ store: any StateStore, while goesOn: @escaping @Sendable () -> Bool = { true }) async throws(StoreError) -> CopiedLedger {
        do { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) } catch {
            throw .unavailable("\(directory) can't be made")
        }
        let file = try CopiedLedger(path: "\(directory)/\(UUID().uuidString.lowercased())\(Self.partial)")
        do {
            try await store.copy(to: file.path, synced: { goesOn() && file.sync() })
            return file
        } catch {
            file.discard()
            throw error
        }
    }

    /// What a crash left behind.
    func removePartial() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] where name.hasSuffix(Self.partial) {
            unlink("\(directory)/\(name)")
        }
    }

    private static func padded(_ number: Int64) -> String {
        let text = String(max(0, number))
        return String(repeating: "0", count: max(0, 15 - text.utf8.count)) + text
    }
}

/// A copy's file, open, so that it can be read after its name is gone.
final class CopiedLedger: Sendable {
    let path: String
    let descriptor: Int32

    init(path: String) throws(StoreError) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw errno == ENOSPC ? .full : .unavailable("\(path): \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    var bytes: Int64 {
        var facts = stat()
        return fstat(descriptor, &facts) == 0 ? Int64(facts.st_size) : 0
    }

    /// Little by little as the copy grows, since a file system may make the ledger's next sync wait for all of it.
    @Sendable func sync() -> Bool { fdatasync(descriptor) == 0 }

    func keep(as name: String) throws(StoreError) {
        guard fsync(descriptor) == 0, rename(path, name) == 0 else {
            throw errno == ENOSPC ? .full : .unavailable("\(name): \(String(cString: strerror(errno)))")
        }
        let folder = open(String(name[..<(name.lastIndex(of: "/") ?? name.endIndex)]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    /// Takes the name away, where it has not been given another.
    func discard() { unlink(path) }
}
