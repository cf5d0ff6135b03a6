import ClusterAPI
import ClusterModel
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// One request on its way through a route.
struct APICall: Sendable {
    var route: Route
    var request: Request
    /// The path's parameters in order, decoded.
    var parameters: [String]
    var requestID: String
    var peer: Peer

    func query(_ allowed: String...) throws(ErrorBody) -> Query { try Query(request.uri.query, allowed: allowed) }

    func query(allowing allowed: [String]) throws(ErrorBody) -> Query { try Query(request.uri.query, allowed: allowed) }

    func header(_ name: HTTPField.Name) -> String? { request.headers[name] }
}

extension HTTPField.Name {
    static let requestID = known("X-Request-Id")
    static let idempotencyKey = known("Idempotency-Key")
    static let lastEventID = known("Last-Event-ID")

    private static func known(_ text: String) -> Self {
        guard let name = Self(text) else { preconditionFailure("“\(text)” is a header's name") }
        return name
    }
}

extension Response {
    static func json(_ body: Data, status: Int = 200) -> Response {
        Response(
            status: .init(code: status), headers: [.contentType: "application/json"], body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    static func json(_ value: some Encodable, status: Int = 200) throws(ErrorBody) -> Response { json(try encoded(value), status: status) }

    static func text(_ text: String, status: Int = 200, type: String = "text/plain; charset=utf-8") -> Response {
        Response(status: .init(code: status), headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    static func encoded(_ value: some Encodable) throws(ErrorBody) -> Data {
        if let written = value as? any JSONWritten { return JSONWriter.data(written) }
        do { return try JSONEncoder().encode(value) } catch {
            throw ErrorBody(code: .internal, message: "The answer could not be written as JSON.")
        }
    }

    static func failure(_ error: ErrorBody, requestID: String, status: Int? = nil) -> Response {
        var error = error
        if error.requestID.isEmpty { error.requestID = requestID }
        let body = (try? encoded(ErrorAnswer(error: error))) ?? Data(#"{"error":{"code":"internal","message":"","requestID":""}}"#.utf8)
        return json(body, status: status ?? error.code.httpStatus)
    }
}
