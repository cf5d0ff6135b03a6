import Logging
import ServiceLifecycle
import UnixSignals

/// Runs a service until it ends or is asked to by SIGTERM or Ctrl-C; then it has ten seconds to leave things in order.
enum ServiceRun {
    static func logger(_ label: String, level: Logger.Level) -> Logger {
        LoggingSystem.bootstrap { _ in ServiceLog(level: level) }
        return Logger(label: label)
    }

    static func run(_ service: any Service, logger: Logger) async throws {
        var quiet = logger
        quiet.logLevel = .error
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(service: service, successTerminationBehavior: .gracefullyShutdownGroup, failureTerminationBehavior: .gracefullyShutdownGroup)
            ], gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
        configuration.maximumGracefulShutdownDuration = .seconds(10)
        configuration.maximumCancellationDuration = .seconds(5)
        do { try await ServiceGroup(configuration: configuration).run() } catch {
            throw CommandFailure(ExitStatus(error), "\(error)")
        }
    }
}
