import ClusterModel
import ControllerDecisions
import FoundationEssentials
import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// The controller as a service: opens the ledger, takes a new term, listens, and ends within seconds when asked to.
package struct ControllerService: Service {
    private let configuration: ControllerConfiguration
    private let logger: Logger
    private let version: String
    private let lock: DirectoryLock
    private let store: (any StateStore)?
    private let bound = BoundPort()

    /// Takes the lock on the data directory, and holds it until `run` returns. Throws `ControllerStartError`.
    /// - Parameter store: SQLite in the data directory where nil.
    package init(configuration: ControllerConfiguration, logger: Logger, version: String, store: (any StateStore)? = nil) throws {
        self.configuration = configuration
        self.logger = logger
        self.version = version
        self.store = store
        lock = try DirectoryLock(directory: configuration.dataDirectory)
    }

    /// Throws `ControllerStartError` when it can't start. A term that a node has obeyed a higher one than ends, and one above that begins.
    package func run() async throws {
        var logger = logger
        logger.logLevel = configuration.logLevel
        defer { lock.release() }
        var above = Epoch(0)
        while true {
            do {
                try await runTerm(above: above, logger)
                return logger.info("controller stopped")
            } catch let outranked as TermLoop.Outranked {
                above = outranked.by
                logger.error("a node has obeyed a higher epoch; a term above it begins", metadata: ["epoch": "\(above.number)"])
            }
        }
    }

    private func runTerm(above: Epoch, _ logger: Logger) async throws {
        let opened = try await ControllerOpening(configuration: configuration, logger: logger, version: version, above: above).open(store)
        let controller = opened.controller
        let tls = try configuration.serverTLS(controller.authority)
        let server = ServiceGroup(configuration: .init(services: [.init(service: server(controller, tls))], logger: Self.quiet))
        var outranked: TermLoop.Outranked?
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await controller.writer.run(state: opened.state, head: opened.head, answers: opened.answers, audit: opened.audit) }
            group.addTask { await HealthLoop(controller: controller).run() }
            group.addTask { await AccessLoop(controller: controller).run() }
            if let fence = configuration.fence {
                group.addTask { await FenceLoop(controller: controller, command: FenceCommand(configuration: fence)).run() }
            }
            group.addTask { await StoreLoop(controller: controller, every: configuration.snapshotEvery.duration).run() }
            group.addTask { try await TermLoop(controller: controller).run() }
            group.addTask { try await serve(controller, server) }
            defer {
                controller.stop()
                controller.writer.close()
                group.cancelAll()
            }
            // Whichever ends first ends all: the server after a graceful stop, the writer when another controller has taken over.
            do { try await group.next() } catch let error as TermLoop.Outranked {
                outranked = error
                await server.triggerGracefulShutdown()
            }
            controller.stop()
            controller.writer.close()
            try await group.waitForAll()
        }
        if let outranked { throw outranked }
    }

    /// Every node may connect at once after a restart, and one that finds no place waits seconds before it tries again.
    /// The kernel takes it down to net.core.somaxconn.
    private static let backlog = 16_384

    private static let quiet: Logger = {
        var quiet = Logger(label: "berth.http")
        quiet.logLevel = .error
        return quiet
    }()

    private func server(_ controller: Controller, _ tls: ServerTLS?) -> some Service {
        let endpointFile = "\(configuration.dataDirectory)/endpoint"
        let host = configuration.host
        let logger = controller.logger
        let limits = configuration.connections
        let most = min(limits.most, DescriptorLimit.raise())
        return Application(
            responder: APIResponder(controller: controller),
            server: HTTPServerBuilder { APIConnection(limits: limits, tls: tls, responder: $0) },
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: bound.port.withLock(\.self) ?? configuration.port), serverName: "berth", backlog: Self.backlog,
                availableConnectionsDelegate: MaximumAvailableConnections(most, logger: Self.quiet)),
            onServerRunning: { channel in
                bound.port.withLock { $0 = channel.localAddress?.port }
                let shown = host.contains(":") ? "[\(host)]" : host
                let endpoint = "\(tls == nil ? "http" : "https")://\(shown):\(channel.localAddress?.port ?? 0)"
                do {
                    try Data("\(endpoint)\n".utf8).write(to: URL(filePath: endpointFile), options: .atomic)
                } catch {
                    logger.warning("the endpoint file could not be written", metadata: ["file": "\(endpointFile)", "why": "\(error)"])
                }
                logger.info("controller listens", metadata: ["endpoint": "\(endpoint)", "epoch": "\(controller.epoch.number)"])
            }, logger: Self.quiet)
    }

    private func serve(_ controller: Controller, _ server: ServiceGroup) async throws {
        do {
            try await withGracefulShutdownHandler {
                try await server.run()
            } onGracefulShutdown: {
                controller.stop()
            }
        } catch let error as IOError {
            let address = "\(configuration.host):\(configuration.port)"
            throw error.errnoCode == EADDRINUSE
                ? ControllerStartError.portInUse(address: address) : ControllerStartError.cannotListen(address: address, why: "\(error)")
        }
    }
}

/// Another term of the same controller listens where the one before did.
private final class BoundPort: Sendable {
    let port = Mutex<Int?>(nil)
}
