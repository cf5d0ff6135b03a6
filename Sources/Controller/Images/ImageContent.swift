import ClusterModel
import FoundationEssentials
import Glibc
import Hummingbird
import NIOCore

extension ImageLibrary {
    /// An image's file, opened, so that its bytes stay when it is deleted meanwhile.
    struct Content: Sendable {
        fileprivate let file: OpenFile
        let length: Int
    }

    func content(of digest: Digest) throws(ErrorBody) -> Content {
        let descriptor = open(path(of: digest), O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            throw ErrorBody(code: .unavailable, message: "The bytes of the image \(digest) are missing on the controller's disk; import it again.")
        }
        return Content(file: OpenFile(descriptor), length: Int(status.st_size))
    }
}

extension ImageLibrary.Content {
    /// The bytes from `start` on, piece by piece, each read where blocking does no harm.
    func body(from start: Int) -> ResponseBody {
        ResponseBody(contentLength: length - start) { [self] writer in
            var offset = start
            while offset < length {
                let piece = await ImageIntake.offPool { [offset] in file.read(at: offset, atMost: min(256 << 10, length - offset)) }
                guard piece.readableBytes > 0 else { throw ErrorBody(code: .unavailable, message: "The image could not be read to its end.") }
                offset += piece.readableBytes
                try await writer.write(piece)
            }
            try await writer.finish(nil)
        }
    }

    /// Where "bytes=N-" begins; nil for any other range, which may be answered with the whole.
    func start(ofRange text: String) -> Int? {
        guard text.hasPrefix("bytes="), text.hasSuffix("-") else { return nil }
        let digits = text.dropFirst(6).dropLast()
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int(digits)
    }
}

private final class OpenFile: Sendable {
    private let descriptor: Int32
    init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }

    func read(at offset: Int, atMost count: Int) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { raw in max(0, pread(descriptor, raw.baseAddress, count, offset)) }
        return buffer
    }
}
