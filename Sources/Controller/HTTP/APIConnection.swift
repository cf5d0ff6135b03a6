import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// One connection: HTTP/1.1 as Hummingbird speaks it, its tasks on its own event loop.
struct APIConnection: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    private let http: HTTP1Channel

    init(responder: @escaping HTTPChannelHandler.Responder, configuration: HTTP1Channel.Configuration) {
        http = HTTP1Channel(responder: responder, configuration: configuration)
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> { http.setup(channel: channel, logger: logger) }

    func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) { await http.handle(value: value, logger: logger) }
    }
}
