import ClusterModel
import FoundationEssentials

/// The controller's routes as typed calls. A call throws `ErrorBody` when the controller refuses, `TransportError` when it can't be reached,
/// `MalformedAnswer` when what answers is no controller, and `CancellationError`.
package struct APIClient: Sendable {
    package let transport: any Transport
    /// Waits before each further attempt of a request that may be repeated.
    private let pauses: [Duration]
    /// Sent with every request that is about things of a project; the controller's choice where nil.
    package var project: Name?

    package init(transport: any Transport, project: Name? = nil, pauses: [Duration] = [.milliseconds(150), .milliseconds(400)]) {
        self.transport = transport
        self.project = project
        self.pauses = pauses
    }

    func get<Answer: Decodable>(_ route: Route, _ path: String, _ query: Query = [:], timeout: Duration = .seconds(30)) async throws -> Answer {
        try await decoded(repeating(request(route, path, query, timeout: timeout)))
    }

    /// A change, sent with an idempotency key, so that a repetition after a lost answer changes nothing twice.
    func change<Answer: Decodable>(_ route: Route, _ path: String, _ query: Query = [:], body: (any Encodable)? = nil) async throws -> Answer {
        try await decoded(changed(route, path, query, body: body))
    }

    func changeIgnoringAnswer(_ route: Route, _ path: String, _ query: Query = [:], body: (any Encodable)? = nil) async throws {
        _ = try await changed(route, path, query, body: body)
    }

    private func changed(_ route: Route, _ path: String, _ query: Query, body: (any Encodable)?) async throws -> HTTPAnswer {
        var request = request(route, path, query)
        request.headers.append(("Idempotency-Key", UUID().uuidString.lowercased()))
        if let body { request.body = .bytes(try WireJSON.encode(body)) }
        return try await repeating(request)
    }

    func request(_ route: Route, _ path: String, _ query: Query = [:], timeout: Duration? = .seconds(30)) -> HTTPRequest {
        let query = route.takesProject && !query.names("project") ? query + ["project": project?.text] : query
        return HTTPRequest(method: route.method, target: path + query.text, timeout: timeout)
    }

    /// Sends once: for bodies that can't be sent again.
    func once(_ request: HTTPRequest) async throws -> HTTPAnswer { try Self.accepted(await transport.send(request), of: request) }

    func stream(_ request: HTTPRequest) async throws -> AsyncThrowingStream<Data, any Error> {
        let (answer, body) = try await transport.stream(request)
        guard answer.status >= 300 else { return body }
        var whole = answer
        for try await piece in body {
            whole.body.append(piece)
            guard whole.body.count < 1 << 20 else { break }
        }
        _ = try Self.accepted(whole, of: request)
        return body
    }

    private func repeating(_ request: HTTPRequest) async throws -> HTTPAnswer {
        for pause in pauses {
            do { return try await once(request) } catch {
                guard let least = Self.pauseBeforeRepeating(error) else { throw error }
                try await Task.sleep(for: max(least, pause))
            }
        }
        return try await once(request)
    }

    /// Nil for an error that a repetition would only meet again.
    private static func pauseBeforeRepeating(_ error: any Error) -> Duration? {
        switch error {
        case TransportError.unreachable: .zero
        case let body as ErrorBody where body.code == .unavailable || body.code == .tooManyRequests: .milliseconds(500)
        default: nil
        }
    }

    func decoded<Answer: Decodable>(_ answer: HTTPAnswer) throws -> Answer {
        do { return try WireJSON.decode(Answer.self, from: answer.body) } catch {
            throw MalformedAnswer(status: answer.status, why: WireJSON.explain(error))
        }
    }

    static func accepted(_ answer: HTTPAnswer, of request: HTTPRequest) throws -> HTTPAnswer {
        if (200..<300).contains(answer.status) { return answer }
        guard var body = (try? WireJSON.decode(ErrorAnswer.self, from: answer.body))?.error else {
            throw MalformedAnswer(status: answer.status, why: "it answers \(request.method.rawValue) \(request.target) with no body of Berth's form")
        }
        if body.requestID.isEmpty { body.requestID = answer.headers["x-request-id"] ?? "" }
        throw body
    }
}

/// Something answered, but not as a Berth controller does.
package struct MalformedAnswer: Error, Hashable, CustomStringConvertible {
    package let status: Int
    package let why: String
    package init(status: Int, why: String) {
        self.status = status
        self.why = why
    }
    package var description: String {
        "what answers at the endpoint is no Berth controller of this version (HTTP \(status)): \(Printable(why, limit: 300)); check --endpoint"
    }
}
