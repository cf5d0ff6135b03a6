import ClusterModel
import Foundation
import Testing

@Suite("frames of a copy")
struct GuestFileFrameTests {
    @Test("they are read from bytes that come in any pieces", arguments: [1, 3, 7, 1000])
    func anyPieces(size: Int) throws {
        let sent: [GuestFileFrame] = [
            .piece(Data("hello".utf8)), .piece(Data()), .piece(Data(repeating: 9, count: 70_000)), .end(GuestFileEnd(bytes: 70_005, mode: 0o644)),
        ]
        let bytes = sent.reduce(Data()) { $0 + $1.bytes }
        var reader = GuestFileFrame.Reader()
        var read: [GuestFileFrame] = []
        for start in stride(from: 0, to: bytes.count, by: size) { read += try reader.take(bytes[start..<min(start + size, bytes.count)]) }
        #expect(read == sent)
    }

    @Test(
        "what is no frame is refused before it is kept",
        arguments: [[3, 0, 0, 1, 0], [1, 0x10, 0, 1], [2, 0, 0, 2, 0x7B, 0x7B]] as [[UInt8]])
    func malformed(bytes: [UInt8]) {
        var reader = GuestFileFrame.Reader()
        #expect(throws: GuestFileFrame.Malformed.self) { _ = try reader.take(Data(bytes)) }
    }
}
