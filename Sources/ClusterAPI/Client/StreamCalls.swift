import ClusterModel
import FoundationEssentials

extension APIClient {
    package func openStream(_ source: StreamRequest.Source, of instance: String) async throws -> StreamID {
        let answer: OpenStreamAnswer = try await change(.openStream, Route.openStream.path(instance), body: OpenStreamRequest(source: source))
        return answer.id
    }

    /// What the instance writes, until its end or the stream's.
    package func output(of stream: StreamID, silence: Duration? = nil) async throws -> AsyncThrowingStream<Data, any Error> {
        try await self.stream(request(.streamOutput, Route.streamOutput.path(stream.description), timeout: silence))
    }

    /// Sends to the instance what `next` gives, until that gives nil.
    package func input(to stream: StreamID, _ next: @escaping @Sendable () async throws -> Data?) async throws {
        var request = request(.streamInput, Route.streamInput.path(stream.description), timeout: nil)
        request.body = .stream(next)
        _ = try await once(request)
    }

    package func closeStream(_ stream: StreamID) async throws {
        _ = try await once(request(.closeStream, Route.closeStream.path(stream.description), timeout: .seconds(5)))
    }
}
