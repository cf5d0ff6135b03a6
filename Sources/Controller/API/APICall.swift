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
    var remote: SocketAddress?
    var caller = Caller.nobody
    /// What `?project=` names.
    var asked: Name?
    /// Whose what the request is about is, or is to be; nil where it is everybody's or the cluster's.
    var project: Name?
    /// What of a project shows its things in a list.
    var seesBy = Permission.view
    var peer: Peer

    init(route: Route, request: Request, parameters: [String], requestID: String, remote: SocketAddress?, peer: Peer) {
        self.route = route
        self.request = request
        self.parameters = parameters
        self.requestID = requestID
        self.remote = remote
        self.peer = peer
    }

    func query(_ allowed: String...) throws(ErrorBody) -> Query { try query(allowing: allowed) }

    func query(allowing allowed: [String]) throws(ErrorBody) -> Query {
        try Query(request.uri.query, allowed: route.takesProject ? allowed + ["project"] : allowed)
    }

    func flag(_ name: String) throws(ErrorBody) -> Bool {
        switch try Query.value(of: name, in: request.uri.query) {
        case "", "1", "true": true
        default: false
        }
    }

    /// Whether a list shows what belongs to the project.
    func sees(_ project: Name) -> Bool { (asked == nil || asked == project) && caller.may(seesBy, in: project) }

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
