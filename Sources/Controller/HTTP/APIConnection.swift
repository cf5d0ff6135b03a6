import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// One connection: HTTP/1.1 as Hummingbird speaks it, its tasks on its own event loop, its silence bounded.
struct APIConnection: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        fileprivate let http: HTTP1Channel.Value
        fileprivate let presented: Presented
        var channel: any Channel { http.channel }
    }

    private let http: HTTP1Channel
    /// Nil without TLS.
    private let tls: ServerTLS?

    init(limits: ConnectionLimits, tls: ServerTLS?, responder: @escaping HTTPChannelHandler.Responder) {
        self.tls = tls
        http = HTTP1Channel(
            responder: responder, configuration: HTTP1Channel.Configuration(additionalChannelHandlers: [ConnectionWatch(limits: limits)]))
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        // A console may be silent for ever, so the kernel asks now and then whether anybody is still there.
        for (option, value) in [
            (ChannelOptions.socketOption(.so_keepalive), 1), (ChannelOptions.tcpOption(.init(rawValue: TCP_KEEPIDLE)), 60),
            (ChannelOptions.tcpOption(.init(rawValue: TCP_KEEPINTVL)), 20), (ChannelOptions.tcpOption(.init(rawValue: TCP_KEEPCNT)), 3),
        ] {
            channel.setOption(option, value: value).whenFailure { _ in }
        }
        let presented = Presented()
        let tls = tls
        return channel.eventLoop.makeCompletedFuture {
            if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
        }.flatMap {
            http.setup(channel: channel, logger: logger)
        }.flatMapThrowing { value in
            let operations = channel.pipeline.syncOperations
            let watch = try operations.handler(type: ConnectionWatch.self)
            guard let tls else {
                try operations.addHandler(ArrivingBytes(watch), position: .first)
                return Value(http: value, presented: presented)
            }
            let arriving = ArrivingBytes(watch, look: try PeerLook(operations.handler(type: NIOSSLServerHandler.self), tls.authority, presented))
            try operations.addHandler(arriving, position: .after(operations.handler(type: NIOSSLServerHandler.self)))
            return Value(http: value, presented: presented)
        }
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
            await Presented.$current.withValue(value.presented) { await http.handle(value: value.http, logger: logger) }
        }
    }
}
