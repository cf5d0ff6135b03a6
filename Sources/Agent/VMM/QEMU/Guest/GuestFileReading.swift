import ClusterModel
import FoundationEssentials

/// A file on its way from the guest.
actor GuestFileReading {
    private enum State {
        case new
        case open(GuestFiles.Handle, mode: Int32, bytes: Int64)
        case over
    }

    private let file: GuestFile
    private let files: GuestFiles
    private var state = State.new

    init(_ file: GuestFile, _ files: GuestFiles) {
        self.file = file
        self.files = files
    }

    /// Nil after the end.
    func next() async -> Data? {
        do throws(WorkFailure) { return try await step()?.bytes } catch {
            await close()
            return GuestFileFrame.end(GuestFileEnd(bytes: 0, failure: "\(error)")).bytes
        }
    }

    private func step() async throws(WorkFailure) -> GuestFileFrame? {
        switch state {
        case .over: return nil
        case .new:
            // Opening a pipe would hold the guest's agent until somebody writes to it.
            let mode = try await regular()
            state = .open(try await files.open(file.path, mode: "rb"), mode: mode, bytes: 0)
            return try await step()
        case .open(let handle, let mode, let bytes):
            let data = try await files.read(handle)
            guard !data.isEmpty else {
                await close()
                return .end(GuestFileEnd(bytes: bytes, mode: mode))
            }
            guard bytes + Int64(data.count) <= GuestFile.bytesLimit else { throw WorkFailure("the file is larger than 64 GiB") }
            // Closed meanwhile, it stays so.
            if case .open = state { state = .open(handle, mode: mode, bytes: bytes + Int64(data.count)) }
            return .piece(data)
        }
    }

    /// The permission bits of the file.
    private func regular() async throws(WorkFailure) -> Int32 {
        let text = try await files.run("stat", "-L", "-c", "%f", file.path)
        guard let mode = Int32(text.filter { !$0.isWhitespace }, radix: 16) else {
            throw WorkFailure("the guest does not say what kind of file it is")
        }
        switch mode & 0o170000 {
        case 0o100000: return mode & GuestFile.permissions
        case 0o040000: throw WorkFailure("\(Printable(file.path, limit: 300)) is a directory in the guest, and only files are copied")
        default: throw WorkFailure("\(Printable(file.path, limit: 300)) is no regular file in the guest")
        }
    }

    func close() async {
        guard case .open(let handle, _, _) = state else {
            state = .over
            return
        }
        state = .over
        let files = files
        // Also where this task was cancelled: what stays open in the guest stays so for ever.
        await Task { try? await files.close(handle) }.value
    }
}

final class GuestFileSource: ConsoleStream {
    private let reading: GuestFileReading

    init(_ reading: GuestFileReading) { self.reading = reading }

    func read() async -> Data? { await reading.next() }
    func write(_ data: Data) async throws {}

    func close() {
        let reading = reading
        Task { await reading.close() }
    }
}
