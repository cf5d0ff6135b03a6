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
            call, query, view.images, matching: { call.sees($0) && (name == nil || $0.name == name) },
            edit: { if case .image(let edit) = $0 { edit } else { nil } },
            id: { $0.id.description }, item: { $0 })
    }

    func showImage(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        let key = try imageKey(call, call.parameters[0])
        return try .json(try view.read { state throws(ErrorBody) in try state.find(key) })
    }

    /// The body is the image itself. Its file is on disk before the ledger knows of it, so a crash between leaves at most a file that nobody names.
    func importImage(_ call: APICall) async throws -> Response {
        let claim = try ImageClaim(try call.query(allowing: ImageClaim.parameters))
        let intake = try await images.receive(call.request.body)
        let received = try await images.keep(intake, format: claim.format, expecting: claim.digest) { flattened(from: $0) }
        defer { images.settled(received.digest) }
        return try await change(
            call, body: Data(received.digest.hex.utf8), status: 201, .putImage(claim.image(received, of: call.project)), Self.image)
    }

    func deleteImage(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try imageKey(call, call.parameters[0])
        let image = try? view.read { state throws(ErrorBody) in try state.find(key) }
        let answer = try await change(call, body: try await noBody(call), .deleteImage(key), Self.image)
        if let image, answer.status == .ok {
            images.remove(image.digest) { view.look { $0.images.values.contains { $0.value.digest == image.digest } } }
        }
        return answer
    }

    /// A node whose download broke off asks for the rest: the bytes of a digest never change.
    func imageContent(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        let key = try imageContentKey(call.parameters[0])
        let image = try view.read { state throws(ErrorBody) in try state.find(key) }
        let content = try images.content(of: image.digest)
        var headers: HTTPFields = [.contentType: "application/octet-stream", .eTag: "\"\(image.digest)\"", .acceptRanges: "bytes"]
        guard let range = call.header(.range), let start = content.start(ofRange: range) else {
            return Response(status: .ok, headers: headers, body: content.body(from: 0))
        }
        guard start < content.length else {
            headers[.contentRange] = "bytes */\(content.length)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
        }
        headers[.contentRange] = "bytes \(start)-\(content.length - 1)/\(content.length)"
        return Response(status: .partialContent, headers: headers, body: content.body(from: start))
    }

    @Sendable private static func image(_ answer: Answer) -> (any Encodable & Sendable)? {
        if case .image(let image) = answer { image } else { nil }
    }
}
