import ClusterAPI
import ClusterModel
import ControllerDecisions
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// `/v1/images`
extension Controller {
    func listImages(_ call: APICall) async throws -> Response {
        let query = try call.query(allowing: Self.listing + ["name"])
        let name = try query.name("name")
        return try list(
            call, query, view.images, matching: { name == nil || $0.name == name }, edit: { if case .image(let edit) = $0 { edit } else { nil } },
            id: { $0.id.description }, item: { $0 })
    }

    func showImage(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        let key = try imageKey(call.parameters[0])
        return try .json(try view.read { state throws(ErrorBody) in try state.find(key) })
    }

    /// The body is the image itself. Its file is on disk before the ledger knows of it, so a crash between leaves at most a file that nobody names.
    func importImage(_ call: APICall) async throws -> Response {
        let query = try call.query("name", "format", "architecture", "digest", "minimumDisk")
        guard let name = try query.name("name") else { throw ErrorBody(code: .invalid, message: "name: a name for the image is missing.") }
        guard let format = try query.word("format", Image.Format.self) else {
            throw ErrorBody(code: .invalid, message: "format: one of \(Image.Format.allCases.map(\.rawValue).joined(separator: ", ")) is missing.")
        }
        let architecture = try query.word("architecture", Architecture.self) ?? .x86_64
        let minimumDisk = MiB(try query.integer("minimumDisk", in: 0...Resources.maximumAmount) ?? 0)
        var expected: Digest?
        if let text = query["digest"] {
            guard let digest = Digest(hex: text) else {
                throw ErrorBody(code: .invalid, message: "digest: 64 lower-case hexadecimal digits are expected.")
            }
            expected = digest
        }
        let received = try await images.receive(call.request.body, expecting: expected)
        defer { images.settled(received.digest) }
        let needed = format == .raw ? MiB((received.bytes + (1 << 20) - 1) >> 20) : .zero
        let image = Image(
            id: .random(), name: name, digest: received.digest, format: format, architecture: architecture, bytes: received.bytes,
            minimumDisk: max(minimumDisk, needed), createdAt: .now)
        return try await change(call, body: Data(received.digest.hex.utf8), status: 201, .putImage(image), Self.image)
    }

    func deleteImage(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try imageKey(call.parameters[0])
        let image = try? view.read { state throws(ErrorBody) in try state.find(key) }
        let answer = try await change(call, body: try await noBody(call), .deleteImage(key), Self.image)
        if let image, answer.status == .ok {
            images.remove(image.digest) { view.look { $0.images.values.contains { $0.value.digest == image.digest } } }
        }
        return answer
    }

    func imageContent(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        let key = try imageKey(call.parameters[0])
        let image = try view.read { state throws(ErrorBody) in try state.find(key) }
        let body = try images.content(of: image.digest)
        return Response(status: .ok, headers: [.contentType: "application/octet-stream", .eTag: "\"\(image.digest)\""], body: body)
    }

    @Sendable private static func image(_ answer: Answer) -> (any Encodable & Sendable)? {
        if case .image(let image) = answer { image } else { nil }
    }
}
