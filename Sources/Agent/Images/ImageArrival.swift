import ClusterModel
import Crypto
import FoundationEssentials
import Glibc

/// The bytes of one image on their way into a file, hashed as they come. For one fetch at a time, which is what makes `@unchecked` true.
final class ImageArrival: @unchecked Sendable {
    struct CutShort: Error, CustomStringConvertible {
        let image: ImageReference
        let received: Int64
        var description: String { "image \(image.name) was cut short after \(received) of \(image.bytes) bytes" }
    }

    private let image: ImageReference
    private let path: String
    private let file: Int32
    private var hash = SHA256()
    private(set) var received: Int64 = 0

    init(of image: ImageReference, into path: String) throws(WorkFailure) {
        self.image = image
        self.path = path
        file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw WorkFailure("cannot write \(path): \(String(cString: strerror(errno)))") }
    }

    deinit { if file >= 0 { close(file) } }

    var isWhole: Bool { received == image.bytes }

    func restart() throws(WorkFailure) {
        guard ftruncate(file, 0) == 0, lseek(file, 0, SEEK_SET) == 0 else {
            throw WorkFailure("cannot write \(path): \(String(cString: strerror(errno)))")
        }
        hash = SHA256()
        received = 0
    }

    func take(_ chunk: Data) throws(WorkFailure) {
        guard Int64(chunk.count) <= image.bytes - received else {
            throw WorkFailure("image \(image.name) is larger than the \(image.bytes) bytes it was said to have", isLasting: true)
        }
        received += Int64(chunk.count)
        hash.update(data: chunk)
        do { try DurableFile.writeAll(chunk, to: file, path: path) } catch { throw WorkFailure(error) }
    }

    func finish() throws(WorkFailure) {
        let digest = hash.finalize().map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
        guard digest == image.digest.hex else { throw WorkFailure("image \(image.name) has SHA-256 \(digest), and not the one it was imported with") }
        guard fsync(file) == 0 else { throw WorkFailure("cannot write \(path): \(String(cString: strerror(errno)))") }
    }
}
