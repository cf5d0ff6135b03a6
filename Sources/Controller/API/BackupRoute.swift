import ClusterAPI
import ClusterModel
import Dispatch
import Glibc
import Hummingbird
import NIOCore
import Synchronization

/// `/v1/cluster/backup`
extension Controller {
    private static let piece = 256 << 10

    /// The copy is made first and sent then, so that a slow reader holds up nothing.
    func backupCluster(_ call: APICall) async throws(ErrorBody) -> Response {
        _ = try call.query()
        guard isBackingUp.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged else {
            throw ErrorBody(code: .conflict, message: "Another backup is being made; try again when it is done.")
        }
        defer { isBackingUp.store(false, ordering: .releasing) }
        let copy: CopiedLedger
        do {
            copy = try await snapshots.copy(store) { !self.isStopping }
        } catch {
            throw ErrorBody(
                code: error == .full ? .storageFull : .unavailable, message: "The ledger could not be copied: \(error).")
        }
        // Open it stays readable, and nothing is left of it when the answer ends in whatever way.
        copy.discard()
        let length = Int(copy.bytes)
        let body = ResponseBody(contentLength: length) { writer in
            var offset = 0
            while offset < length {
                let piece = await copy.read(at: offset, atMost: min(Self.piece, length - offset))
                guard piece.readableBytes > 0 else { throw ErrorBody(code: .unavailable, message: "The copy could not be read to its end.") }
                offset += piece.readableBytes
                try await writer.write(piece)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/octet-stream", .cacheControl: "no-store"], body: body)
    }
}

extension CopiedLedger {
    /// Where blocking does no harm.
    fileprivate func read(at offset: Int, atMost count: Int) async -> ByteBuffer {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [self] in
                var buffer = ByteBuffer()
                buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { raw in
                    max(0, pread(descriptor, raw.baseAddress, count, off_t(offset)))
                }
                continuation.resume(returning: buffer)
            }
        }
    }
}
