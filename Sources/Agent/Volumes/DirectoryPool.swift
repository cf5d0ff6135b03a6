import ClusterModel
import FoundationEssentials
import Glibc

/// Volumes as files of one directory: `<id>.qcow2` and `<id>.raw`. Another tool's files beside them are left alone.
package struct DirectoryPool: VolumePool {
    package let name: Name
    private let directory: String
    private let tool: DiskTool

    package init(name: Name, directory: String, tool: DiskTool = DiskTool()) {
        self.name = name
        self.directory = directory
        self.tool = tool
    }

    package func open() throws(WorkFailure) {
        do throws(DurableFile.Failure) { try DurableFile.makeDirectory(directory) } catch { throw WorkFailure(error) }
        guard access(directory, W_OK | X_OK) == 0 else {
            throw WorkFailure("pool “\(name)”: cannot write to \(directory): \(String(cString: strerror(errno)))", isLasting: true)
        }
        // What was being made when an agent ended is nobody's.
        for file in files() where file.hasSuffix(Self.unfinished) { unlink("\(directory)/\(file)") }
    }

    package func report() -> StoragePool {
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else { return StoragePool(name: name, total: .zero, available: .zero) }
        func mebibytes(_ blocks: UInt) -> MiB { MiB((Int64(clamping: blocks) * Int64(clamping: status.f_frsize)) >> 20) }
        return StoragePool(name: name, total: mebibytes(UInt(status.f_blocks)), available: mebibytes(UInt(status.f_bavail)))
    }

    package func path(of place: VolumePlace) -> String { "\(directory)/\(place.id).\(place.format.rawValue)" }

    package func places() -> [VolumePlace] {
        files().compactMap { file in
            let parts = file.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, let id = VolumeID(String(parts[0])), let format = VolumeFormat(rawValue: String(parts[1])) else { return nil }
            return VolumePlace(id: id, pool: name, format: format)
        }.sorted { $0.id < $1.id }
    }

    private func files() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] }

    package func state(of place: VolumePlace) -> VolumeFileState? { DiskTool.state(of: path(of: place), format: place.format) }

    // MARK: Making

    private static let unfinished = ".new"

    package func make(_ place: VolumePlace, size: MiB) async throws(WorkFailure) {
        let path = path(of: place)
        guard access(path, F_OK) != 0 else { return }
        try await appear(path) { (temporary) throws(WorkFailure) in
            let file = Glibc.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard file >= 0 else { throw trouble(errno) }
            defer { close(file) }
            switch place.format {
            case .raw: guard ftruncate(file, off_t(size.count << 20)) == 0 else { throw trouble(errno) }
            case .qcow2:
                do throws(DurableFile.Failure) {
                    try DurableFile.writeAll(QCOW2.empty(virtualBytes: size.count << 20), to: file, path: temporary)
                } catch { throw trouble(error.code) }
            }
            guard fsync(file) == 0 else { throw trouble(errno) }
        }
    }

    package func make(_ place: VolumePlace, size: MiB, copyOf source: String, format: VolumeFormat) async throws(WorkFailure) {
        let path = path(of: place)
        guard access(path, F_OK) != 0 else { return }
        try await appear(path) { (temporary) throws(WorkFailure) in
            try await tool.convert(source, format, into: temporary, place.format)
            if let copied = DiskTool.state(of: temporary, format: place.format), copied.size < size {
                try await tool.resize(temporary, place.format, to: size)
            }
            try DiskTool.sync(temporary)
        }
    }

    /// Beside its place and moved there, so that it is whole or not at all.
    private func appear(_ path: String, _ fill: (String) async throws(WorkFailure) -> Void) async throws(WorkFailure) {
        let temporary = path + Self.unfinished
        do throws(WorkFailure) {
            try await fill(temporary)
            guard rename(temporary, path) == 0 else { throw trouble(errno) }
            try DiskTool.sync(directory)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    package func grow(_ place: VolumePlace, to size: MiB) async throws(WorkFailure) {
        try await tool.resize(path(of: place), place.format, to: size)
    }

    package func delete(_ place: VolumePlace) async throws(WorkFailure) {
        let path = path(of: place)
        guard unlink(path) == 0 || errno == ENOENT else { throw trouble(errno) }
        unlink(path + Self.unfinished)
        try DiskTool.sync(directory)
    }

    private func trouble(_ code: Int32) -> WorkFailure {
        code == ENOSPC || code == EDQUOT
            ? WorkFailure("pool “\(name)” is full", isLasting: true) : WorkFailure("pool “\(name)”: \(String(cString: strerror(code)))")
    }
}
