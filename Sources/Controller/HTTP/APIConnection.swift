import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// One connection: HTTP/1.1 as Hummingbird speaks it, its tasks on its own event loop, its silence bounded.
struct APIConnection: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    private let http: HTTP1Channel

    init(limits: ConnectionLimits, responder: @escaping HTTPChannelHandler.Responder) {
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
        return http.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let operations = channel.pipeline.syncOperations
            try operations.addHandler(ArrivingBytes(try operations.handler(type: ConnectionWatch.self)), position: .first)
            return value
        }
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) { await http.handle(value: value, logger: logger) }
    }
}
