import FoundationEssentials

/// Requests answered by a function of the same process, for tests and benchmarks.
package struct InProcessTransport: Transport {
    package enum Reply: Sendable {
        case whole(HTTPAnswer)
        case streamed(HTTPAnswer, AsyncThrowingStream<Data, any Error>)

        package static func json(_ value: some Encodable, status: Int = 200) throws -> Self {
            .whole(HTTPAnswer(status: status, headers: ["content-type": "application/json"], body: try WireJSON.encode(value)))
        }
    }

    private let handler: @Sendable (HTTPRequest) async throws -> Reply

    package init(_ handler: @escaping @Sendable (HTTPRequest) async throws -> Reply) { self.handler = handler }

    package func send(_ request: HTTPRequest) async throws -> HTTPAnswer {
        switch try await handler(request) {
        case .whole(let answer): return answer
        case .streamed(var answer, let body):
            for try await piece in body {
                answer.body.append(piece)
                guard answer.body.count <= request.maximumAnswer else { throw TransportError.answerTooLarge(limit: request.maximumAnswer) }
            }
            return answer
        }
    }

    package func stream(_ request: HTTPRequest) async throws -> (HTTPAnswer, AsyncThrowingStream<Data, any Error>) {
        switch try await handler(request) {
        case .streamed(let answer, let body): return (answer, body)
        case .whole(let answer):
            let (body, feed) = AsyncThrowingStream<Data, any Error>.makeStream()
            feed.yield(answer.body)
            feed.finish()
            return (HTTPAnswer(status: answer.status, headers: answer.headers, body: Data()), body)
        }
    }
}
