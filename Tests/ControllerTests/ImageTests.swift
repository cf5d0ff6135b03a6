import ClusterAPI
import ClusterModel
import Foundation
import Testing

@Suite("images")
struct ImageTests {
    @Test("imported in pieces, an image is given back byte by byte under its name, id and digest, also after a restart")
    func roundTrip() async throws {
        let directory = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let bytes = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let image = try await RunningController.run(in: directory) { controller in try await controller.importImage("big", bytes: bytes) }
        #expect(image.bytes == 3_000_000)
        try await RunningController.run(in: directory) { controller in
            for key in ["big", "\(image.id)", "\(image.digest)"] {
                let reply = try await controller.send(.get, "/v1/images/\(key)/content")
                #expect(reply.status == 200)
                #expect(reply.body == bytes)
            }
        }
    }

    @Test("the same bytes under the same name are the same image; other bytes under it a conflict")
    func again() async throws {
        try await RunningController.run { controller in
            let first = try await controller.importImage("a", bytes: Data("one".utf8))
            #expect(try await controller.importImage("a", bytes: Data("one".utf8)) == first)
            let other = try await controller.send(.post, "/v1/images?name=a&format=linux", Data("two".utf8))
            #expect(other.status == 409)
        }
    }

    @Test("bytes go with the last image that names them")
    func deletion() async throws {
        try await RunningController.run { controller in
            let image = try await controller.importImage("a", bytes: Data("one".utf8))
            try await controller.importImage("b", bytes: Data("one".utf8))
            let file = controller.directory.appending(path: "images/\(image.digest)").path
            #expect(try await controller.delete("/v1/images/a").status == 200)
            #expect(FileManager.default.fileExists(atPath: file))
            #expect(try await controller.delete("/v1/images/b").status == 200)
            #expect(!FileManager.default.fileExists(atPath: file))
        }
    }
}
