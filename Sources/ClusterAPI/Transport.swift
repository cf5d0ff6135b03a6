import FoundationEssentials

/// How a request reaches a controller: over libcurl, or in the same process for tests and benchmarks.
package protocol Transport: Sendable {
    /// The whole answer, at most `request.maximumAnswer` bytes of it. Throws `TransportError` when there is none; any HTTP status is an answer.
    /// Cancelling the task ends the transfer.
    func send(_ request: HTTPRequest) async throws -> HTTPAnswer
    /// The answer's body piece by piece, for watches, logs, consoles and image content. `HTTPAnswer.body` is empty.
    func stream(_ request: HTTPRequest) async throws -> (HTTPAnswer, AsyncThrowingStream<Data, any Error>)
}

package struct HTTPRequest: Sendable {
    package enum Body: Sendable {
        case none
        case bytes(Data)
        /// Sent as it comes, chunked; nil ends it.
        case stream(@Sendable () async throws -> Data?)
        /// A file of known length, read as it is sent.
        case file(path: String)
    }

    package var method: Route.Method
    /// Path and query, already encoded.
    package var target: String
    package var headers: [(String, String)]
    package var body: Body
    /// Of the whole transfer for `send`, of silence for `stream`; nil is no limit.
    package var timeout: Duration?
    package var maximumAnswer: Int
    /// Told, often and on any thread, how many bytes of a file have been sent, and how many there are.
    package var progress: (@Sendable (_ sent: Int64, _ total: Int64) -> Void)?

    package init(
        method: Route.Method, target: String, headers: [(String, String)] = [], body: Body = .none, timeout: Duration? = .seconds(30),
        maximumAnswer: Int = 64 << 20
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.maximumAnswer = maximumAnswer
    }
}

package struct HTTPAnswer: Sendable {
    package var status: Int
    /// Names in lower case.
    package var headers: [String: String]
    package var body: Data
    package init(status: Int, headers: [String: String], body: Data) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

package enum TransportError: Error, Hashable, Sendable, CustomStringConvertible {
    case unreachable(endpoint: String, why: String)
    case timedOut(endpoint: String)
    /// Somebody answers, who does not prove to be the controller.
    case untrusted(endpoint: String, why: String)
    case answerTooLarge(limit: Int)
    case invalidEndpoint(String)

    package var description: String {
        switch self {
        case .unreachable(let endpoint, let why): "cannot reach the controller at \(endpoint): \(why)"
        case .timedOut(let endpoint): "no answer from the controller at \(endpoint) in time"
        case .untrusted(let endpoint, let why): "what answers at \(endpoint) is not trusted: \(why)"
        case .answerTooLarge(let limit): "the answer is larger than \(limit) bytes"
        case .invalidEndpoint(let text): "“\(text)” is no endpoint: write a URL such as http://127.0.0.1:7480"
        }
    }
}
