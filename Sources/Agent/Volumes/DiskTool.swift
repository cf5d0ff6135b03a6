import ClusterModel
import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// `qemu-img` on files of which we know the format: it is told every one, and guesses none, for a guest may have written what looks like another. It runs
/// under limits of the kernel and a clock.
package struct DiskTool: Sendable {
    package var timeout = Duration.seconds(1800)
    private static let path = "/usr/bin/qemu-img"
    private static let addressSpace: Int64 = 2 << 30

    package init() {}

    /// From the header that we or QEMU wrote; nothing else of the file is looked at.
    package static func state(of path: String, format: VolumeFormat) -> VolumeFileState? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let used = MiB((Int64(status.st_blocks) * 512 + 1 << 20 - 1) >> 20)
        guard format == .qcow2 else { return VolumeFileState(size: MiB(Int64(status.st_size) >> 20), used: used) }
        guard let header = DurableFile.read(path, limit: 32), header.count == 32, header.prefix(4) == Data([0x51, 0x46, 0x49, 0xFB]) else {
            return nil
        }
        let size = header[24..<32].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return VolumeFileState(size: MiB(size >> 20), used: used)
    }

    package static func sync(_ path: String) throws(WorkFailure) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw WorkFailure("cannot open \(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        guard fsync(file) == 0 else { throw WorkFailure("cannot sync \(path): \(String(cString: strerror(errno)))") }
    }

    package func resize(_ path: String, _ format: VolumeFormat, to size: MiB) async throws(WorkFailure) {
        _ = try await run(["resize", "-q", "-f", format.rawValue, path, "\(size.count << 20)"])
    }

    /// - Parameter snapshot: of the source, whose content is taken instead of that of now. The source may be open in a VMM then: what a snapshot refers to
    ///   is not written to as long as it is there.
    package func convert(
        _ source: String, _ sourceFormat: VolumeFormat, snapshot: String? = nil, into target: String, _ format: VolumeFormat,
        over backing: (path: String, format: Image.Format)? = nil
    ) async throws(WorkFailure) {
        var words = ["convert", "-f", sourceFormat.rawValue, "-O", format.rawValue]
        if let snapshot { words += ["-U", "-l", "snapshot.name=\(snapshot)"] }
        if let backing { words += ["-B", backing.path, "-F", backing.format.rawValue] }
        _ = try await run(words + [source, target])
    }

    // MARK: Snapshots inside a qcow2 file that no VMM has open

    package func snapshots(in path: String) async throws(WorkFailure) -> [String] {
        struct Information: Decodable {
            struct Snapshot: Decodable { var name: String }
            var snapshots: [Snapshot]?
        }
        let text = try await run(["info", "--output=json", "-f", "qcow2", path])
        guard let information = try? JSONDecoder().decode(Information.self, from: Data(text.utf8)) else {
            throw WorkFailure("qemu-img says something unreadable of \(path)")
        }
        return information.snapshots?.map(\.name) ?? []
    }

    package func takeSnapshot(_ name: String, in path: String) async throws(WorkFailure) { try await snapshot("-c", name, path) }
    package func applySnapshot(_ name: String, in path: String) async throws(WorkFailure) { try await snapshot("-a", name, path) }
    package func deleteSnapshot(_ name: String, in path: String) async throws(WorkFailure) { try await snapshot("-d", name, path) }

    private func snapshot(_ option: String, _ name: String, _ path: String) async throws(WorkFailure) {
        _ = try await run(["snapshot", "-q", option, name, "--image-opts", "driver=qcow2,file.driver=file,file.filename=\(path)"])
    }

    // MARK: Running

    private func run(_ words: [String]) async throws(WorkFailure) -> String {
        let limits = ["--as=\(Self.addressSpace)", "--core=0", Self.path]
        do {
            return try await withThrowingTaskGroup(of: String.self) { group in
                group.addTask { try await Self.run(limits + words) }
                group.addTask {
                    try await Task.sleep(for: timeout)
                    throw WorkFailure("qemu-img \(words[0]) was not done within \(timeout)")
                }
                defer { group.cancelAll() }
                return try await group.next() ?? ""
            }
        } catch let failure as WorkFailure {
            throw failure
        } catch is CancellationError {
            throw WorkFailure("cancelled")
        } catch {
            throw WorkFailure("qemu-img can't be run; install it with: apt-get install qemu-utils", isLasting: true)
        }
    }

    private static func run(_ words: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .path(FilePath("/usr/bin/prlimit")), arguments: Arguments(words), environment: .custom(["PATH": "/usr/bin:/bin", "LC_ALL": "C"]),
            output: .string(limit: 1 << 20), error: .string(limit: 64 << 10))
        guard !result.terminationStatus.isSuccess else { return result.standardOutput }
        let line = result.standardError.split(separator: "\n").last.map(String.init) ?? "ended with \(result.terminationStatus)"
        let isFull = line.contains("No space left") || line.contains("quota exceeded")
        throw WorkFailure(
            isFull ? "the pool is full" : "qemu-img says: \(Printable(line.replacing(Self.path + ": ", with: ""), limit: 300))", isLasting: isFull)
    }
}
