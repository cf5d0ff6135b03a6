import ClusterAPI
import ClusterModel
import FoundationEssentials
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Ends a connection that keeps us waiting for longer than its limits allow, with a 408 where an answer can still be given.
final class ConnectionWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: ConnectionLimits
    private var phase: ConnectionPhase
    private var timer: Scheduled<Void>?

    init(limits: ConnectionLimits) {
        self.limits = limits
        phase = ConnectionPhase(limits: limits, at: .now())
    }

    func handlerAdded(context: ChannelHandlerContext) { setTimer(context) }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        context.fireChannelInactive()
    }

    /// From before the decoder, since a head that never ends never becomes a part.
    func bytesArrived() { phase.handle(.bytes, at: .now()) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let request): phase.handle(.head(Self.body(of: request)), at: .now())
        case .body: phase.handle(.bodyPiece, at: .now())
        case .end: phase.handle(.end, at: .now())
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        phase.handle(.rests, at: .now())
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        phase.handle(.listens, at: .now())
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head: phase.handle(.answerBegan, at: .now())
        case .body: break
        case .end: phase.handle(.answered, at: .now())
        }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        phase.handle(context.channel.isWritable ? .unblocked : .blocked, at: .now())
        context.fireChannelWritabilityChanged()
    }

    // MARK: The clock

    /// A coarse tick, so that a request costs no timer.
    private func setTimer(_ context: ChannelHandlerContext) {
        let shortest = [limits.head, limits.body, limits.stall, limits.idle].min() ?? limits.head
        timer = context.eventLoop.assumeIsolatedUnsafeUnchecked().scheduleTask(in: .milliseconds(shortest.count / 2)) { [weak self] in
            self?.tick(context)
        }
    }

    private func tick(_ context: ChannelHandlerContext) {
        guard let expiry = phase.expiry(at: .now()) else { return setTimer(context) }
        guard phase.canAnswer, let sentence = sentence(expiry) else { return context.close(promise: nil) }
        let error = ErrorAnswer(error: ErrorBody(code: .timeout, message: sentence))
        let body = (try? JSONEncoder().encode(error)) ?? Data()
        let fields: HTTPFields = [.contentType: "application/json", .contentLength: "\(body.count)", .connection: "close"]
        context.write(wrapOutboundOut(.head(HTTPResponse(status: .requestTimeout, headerFields: fields))), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }

    private func sentence(_ expiry: ConnectionPhase.Expiry) -> String? {
        switch expiry {
        case .idle, .reading: nil
        case .head: "The request's head did not arrive within \(limits.head)."
        case .body: "The request's body did not arrive in time: \(limits.stall) of silence, and \(limits.body) for all of it, are allowed."
        }
    }

    private static func body(of request: HTTPTypes.HTTPRequest) -> ConnectionPhase.Body {
        let path = request.path ?? ""
        if path.contains("/streams") { return .console }
        return path.hasPrefix("/v1/images") ? .image : .ordinary
    }
}

@available(*, unavailable)
extension ConnectionWatch: Sendable {}

/// Stands before the decoder and says that something has arrived.
final class ArrivingBytes: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let watch: ConnectionWatch
    /// Taken when the first byte arrives, since then the handshake is over.
    private var look: PeerLook?

    init(_ watch: ConnectionWatch, look: PeerLook? = nil) {
        self.watch = watch
        self.look = look
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        watch.bytesArrived()
        look.take()?.take()
        context.fireChannelRead(data)
    }
}

@available(*, unavailable)
extension ArrivingBytes: Sendable {}
