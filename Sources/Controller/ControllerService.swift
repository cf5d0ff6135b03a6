import ClusterModel
import ControllerDecisions
import FoundationEssentials
import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// The controller as a service: opens the ledger, takes a new term, listens, and ends within seconds when asked to.
package struct ControllerService: Service {
    private let configuration: ControllerConfiguration
    private let logger: Logger
    private let version: String
    private let lock: DirectoryLock
    private let store: (any StateStore)?

    /// Takes the lock on the data directory, and holds it for as long as this value lives. Throws `ControllerStartError`.
    /// - Parameter store: SQLite in the data directory where nil.
    package init(configuration: ControllerConfiguration, logger: Logger, version: String, store: (any StateStore)? = nil) throws {
        self.configuration = configuration
        self.logger = logger
        self.version = version
        self.store = store
        lock = try DirectoryLock(directory: configuration.dataDirectory)
    }

    /// Throws `ControllerStartError` when it can't start.
    package func run() async throws {
        var logger = logger
        logger.logLevel = configuration.logLevel
        let opened = try await ControllerOpening(configuration: configuration, logger: logger, version: version).open(store)
        let controller = opened.controller
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await controller.writer.run(state: opened.state, head: opened.head, answers: opened.answers) }
            group.addTask { await HealthLoop(controller: controller).run() }
            group.addTask { await StoreLoop(controller: controller, every: configuration.snapshotEvery.duration).run() }
            group.addTask { try await serve(controller) }
            defer {
                controller.stop()
                controller.writer.close()
                group.cancelAll()
            }
            // Whichever ends first ends all: the server after a graceful stop, the writer when another controller has taken over.
            try await group.next()
            controller.stop()
            controller.writer.close()
            try await group.waitForAll()
        }
        logger.info("controller stopped")
    }

    private func serve(_ controller: Controller) async throws {
        let endpointFile = "\(configuration.dataDirectory)/endpoint"
        let host = configuration.host
        let logger = controller.logger
        var quiet = Logger(label: "berth.http")
        quiet.logLevel = .error
        let limits = configuration.connections
        let most = min(limits.most, DescriptorLimit.raise())
        let server = Application(
            responder: APIResponder(controller: controller),
            server: HTTPServerBuilder { APIConnection(limits: limits, responder: $0) },
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: configuration.port), serverName: "berth", backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(most, logger: quiet)),
            onServerRunning: { channel in
                let shown = host.contains(":") ? "[\(host)]" : host
                let endpoint = "http://\(shown):\(channel.localAddress?.port ?? 0)"
                do {
                    try Data("\(endpoint)\n".utf8).write(to: URL(filePath: endpointFile), options: .atomic)
                } catch {
                    logger.warning("the endpoint file could not be written", metadata: ["file": "\(endpointFile)", "why": "\(error)"])
                }
                logger.info("controller listens", metadata: ["endpoint": "\(endpoint)", "epoch": "\(controller.epoch.number)"])
            }, logger: quiet)
        do {
            try await withGracefulShutdownHandler {
                try await server.run()
            } onGracefulShutdown: {
                controller.stop()
            }
        } catch let error as IOError {
            let address = "\(host):\(configuration.port)"
            throw error.errnoCode == EADDRINUSE
                ? ControllerStartError.portInUse(address: address) : ControllerStartError.cannotListen(address: address, why: "\(error)")
        }
    }
}
