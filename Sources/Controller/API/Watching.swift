import ClusterAPI
import ClusterModel
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

struct WatchMessage: Sendable {
    var event: String
    var data: Data
}

/// Server-sent events of what was committed.
extension Controller {
    static let heartbeat = Duration.seconds(15)

    /// From `Last-Event-ID`, else `since`, else from now on.
    func watch(
        _ call: APICall, _ query: Query, _ select: @escaping @Sendable (WatchLog.Entry) -> WatchMessage?
    ) throws(ErrorBody) -> Response {
        var place = try query.integer("since", in: 0...Int64.max) ?? log.events.revision
        if let header = call.header(.lastEventID) {
            guard let number = Int64(header), number >= 0 else {
                throw ErrorBody(code: .invalid, message: "Last-Event-ID: “\(Printable(header, limit: 40))” is no revision.")
            }
            place = number
        }
        guard case .entries = log.entries(after: place), place <= log.events.revision else { throw Self.gone(place) }
        guard log.watchers < WatchLog.maximumWatchers else {
            throw ErrorBody(code: .tooManyRequests, message: "\(WatchLog.maximumWatchers) watches are open already, which is the most there may be.")
        }
        let opened = call.caller.session?.openWatch()
        guard opened != nil || call.caller.session == nil else {
            throw ErrorBody(
                code: .tooManyRequests, message: "This token has \(access.limits.watches) watches open already, which is the most it may have.")
        }
        let log = log
        let first = place
        let request = call.request
        let requestID = call.requestID
        let caller = call.caller
        let body = ResponseBody { writer in
            defer { withExtendedLifetime(opened) {} }
            var place = first
            try await writer.write(ByteBuffer(string: ": revision \(first)\n\n"))
            _ = try await request.body.consumeWithCancellationOnInboundClose { [writer] _ in
                var writer = writer
                while !Task.isCancelled {
                    let entries = log.entries(after: place)
                    if let end = caller.end(at: .now) { return try await writer.write(Self.lastWord(end, requestID)) }
                    switch entries {
                    case .closed: return
                    case .gone: return try await writer.write(Self.lastWord(Self.gone(place), requestID))
                    case .entries(let entries, let upTo):
                        // Hundreds of entries as JSON would hold up the other connections of this event loop.
                        let buffer = await withTaskExecutorPreference(globalConcurrentExecutor) { Self.text(of: entries, select) }
                        if buffer.readableBytes > 0 { try await writer.write(buffer) }
                        place = upTo
                        if entries.isEmpty, try await !Self.somethingNew(log, after: place) { try await writer.write(ByteBuffer(string: ":\n\n")) }
                    }
                }
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"], body: body)
    }

    private static func text(of entries: [WatchLog.Entry], _ select: (WatchLog.Entry) -> WatchMessage?) -> ByteBuffer {
        var buffer = ByteBuffer()
        for entry in entries {
            guard let message = select(entry) else { continue }
            var event = event(message.event, id: entry.revision, data: message.data)
            buffer.writeBuffer(&event)
        }
        return buffer
    }

    /// False when the heartbeat is due first.
    private static func somethingNew(_ log: WatchLog, after place: Int64) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                await log.wait(after: place)
                return true
            }
            group.addTask {
                try await Task.sleep(for: heartbeat)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }

    private static func event(_ name: String, id: Int64?, data: Data) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeString("event: \(name)\n")
        if let id { buffer.writeString("id: \(id)\n") }
        buffer.writeString("data: ")
        buffer.writeBytes(data)
        buffer.writeString("\n\n")
        return buffer
    }

    private static func lastWord(_ error: ErrorBody, _ requestID: String) -> ByteBuffer {
        var error = error
        error.requestID = requestID
        return event("error", id: nil, data: (try? Response.encoded(ErrorAnswer(error: error))) ?? Data())
    }

    private static func gone(_ place: Int64) -> ErrorBody {
        ErrorBody(code: .gone, message: "What followed revision \(place) is no longer kept; list again and watch from that list's revision.")
    }
}
