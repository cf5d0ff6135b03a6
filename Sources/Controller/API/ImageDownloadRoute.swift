import ClusterAPI
import ClusterModel
import ControllerDecisions
import FoundationEssentials
import Hummingbird
import NIOCore

/// `/v1/images/download`: an image that the controller fetches itself, told as server-sent events while it comes.
extension Controller {
    private static let progressInterval = Duration.milliseconds(500)

    func downloadImage(_ call: APICall) async throws -> Response {
        let query = try call.query(allowing: ImageClaim.parameters + ["url"])
        let claim = try ImageClaim(query)
        guard let url = query["url"] else { throw ErrorBody(code: .invalid, message: "url: where the image is, is missing.") }
        do { try CurlFetch.check(url) } catch { throw ErrorBody(code: .invalid, message: "url: \(error).") }
        let intake = try images.intake()
        let request = call.request
        let body = ResponseBody { [self] writer in
            _ = try await request.body.consumeWithCancellationOnInboundClose { [self, writer] _ in
                var writer = writer
                let (messages, tell) = AsyncStream.makeStream(of: WatchMessage.self, bufferingPolicy: .bufferingNewest(8))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await Self.report(intake, to: tell) }
                    group.addTask { [self] in
                        tell.yield(await downloaded(url, claim, intake, call))
                        tell.finish()
                    }
                    for await message in messages { try await writer.write(Self.event(message)) }
                    group.cancelAll()
                    while let result = await group.nextResult() { _ = result }
                }
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"], body: body)
    }

    private static func report(_ intake: ImageIntake, to tell: AsyncStream<WatchMessage>.Continuation) async throws {
        while true {
            try await Task.sleep(for: progressInterval)
            let progress = ImageProgress(received: intake.bytes, total: intake.total)
            tell.yield(WatchMessage(event: "progress", data: try Response.encoded(progress)))
        }
    }

    /// The last message: the image, or why there is none.
    private func downloaded(_ url: String, _ claim: ImageClaim, _ intake: ImageIntake, _ call: APICall) async -> WatchMessage {
        do {
            var fetch = CurlFetch(bytesLimit: images.settings.maximumBytes)
            fetch.allowsPrivate = images.settings.allowPrivateSources
            do { try await fetch.run(url, into: IntakeSink(intake: intake)) } catch let error as FetchError {
                throw ErrorBody(code: Self.code(of: error), message: "The image can't be fetched: \(error).")
            }
            guard intake.bytes > 0 else { throw ErrorBody(code: .invalid, message: "The image can't be fetched: the source gives no bytes.") }
            let image = try await keep(intake, claim, call)
            return WatchMessage(event: "image", data: try Response.encoded(image))
        } catch {
            var body = error as? ErrorBody ?? ErrorBody(code: .unavailable, message: "The image was not fetched: the request was given up.")
            body.requestID = call.requestID
            return WatchMessage(event: "error", data: (try? Response.encoded(ErrorAnswer(error: body))) ?? Data())
        }
    }

    /// Looks at the bytes, gives them their place and tells the ledger.
    private func keep(_ intake: ImageIntake, _ claim: ImageClaim, _ call: APICall) async throws -> Image {
        let received = try await images.keep(intake, format: claim.format, expecting: claim.digest) { flattened(from: $0) }
        defer { images.settled(received.digest) }
        let command = Command.putImage(claim.image(received, of: call.project))
        guard case .image(let image) = try await writer.submit(command, audit: AuditDraft(call)) else {
            throw ErrorBody(code: .internal, message: "The ledger answered something else than was asked.")
        }
        return image
    }

    func flattened(from digest: Digest) -> Image? {
        view.look { $0.images.values.first { $0.value.sourceDigest == digest && $0.value.format == .qcow2 }?.value }
    }

    private static func code(of error: FetchError) -> ErrorBody.Code {
        switch error {
        case .tooLarge: .tooLarge
        case .broken: .unavailable
        case .invalidURL, .holdsPassword, .privateAddress, .tooManyRedirects, .forbiddenProtocol, .status: .invalid
        }
    }

    private static func event(_ message: WatchMessage) -> ByteBuffer {
        var buffer = ByteBuffer(string: "event: \(message.event)\ndata: ")
        buffer.writeBytes(message.data)
        buffer.writeString("\n\n")
        return buffer
    }
}

private struct IntakeSink: FetchSink {
    let intake: ImageIntake
    func begin(total: Int64?) throws { try intake.empty(total: total) }
    func take(_ bytes: UnsafeRawBufferPointer) throws { try intake.write(bytes) }
}
