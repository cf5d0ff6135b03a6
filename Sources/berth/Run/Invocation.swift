import ArgumentParser
import ClusterAPI
import ClusterModel
import Glibc

/// From arguments to exit status.
enum Invocation {
    static func main() async -> Never {
        signal(SIGPIPE, SIG_IGN)
        var command: any ParsableCommand
        do { command = try Berth.parseAsRoot() } catch { end(report(error)) }
        end(await run(&command))
    }

    /// Without `atexit` handlers: OpenSSL's would pull the ground from under the network thread.
    private static func end(_ status: Int32) -> Never { _exit(status) }

    private static func run(_ command: inout any ParsableCommand) async -> Int32 {
        guard let asynchronous = command as? any AsyncParsableCommand else {
            do { try command.run() } catch { return report(error) }
            return ExitStatus.ok.rawValue
        }
        // Handed over to the task: nothing here touches it again.
        nonisolated(unsafe) var running = asynchronous
        let task = Task { try await running.run() }
        if !(command is any HandlesSignals) { Interrupt.watch { task.cancel() } }
        switch await task.result {
        case .success: return ExitStatus.ok.rawValue
        case .failure(let error):
            guard let signal = Interrupt.received, !(error is ClosedPipe) else { return report(error) }
            StandardError.write("berth: interrupted\(Interrupt.notice.map { "; \($0)" } ?? "")\n")
            return 128 + signal
        }
    }

    private static func report(_ error: any Error) -> Int32 {
        if let status = error as? ExitStatus { return status.rawValue }
        if let sentence = sentence(of: error) {
            if !sentence.isEmpty { StandardError.write("berth: \(sentence)\n") }
            return ExitStatus(error).rawValue
        }
        let text = Berth.fullMessage(for: error)
        guard Berth.exitCode(for: error) != .success else {
            do { try StandardOutput.write(text + "\n") } catch { return ExitStatus(error).rawValue }
            return ExitStatus.ok.rawValue
        }
        // What is wrong, and where to read more; the usage between them is in the help.
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("Usage: ") && !$0.hasPrefix("Help: ") && !$0.hasPrefix("       ") }
        StandardError.write(lines.joined(separator: "\n") + "\n")
        return Berth.exitCode(for: error) == .validationFailure ? ExitStatus.usage.rawValue : Berth.exitCode(for: error).rawValue
    }

    /// Nil for what the argument parser words itself.
    private static func sentence(of error: any Error) -> String? {
        switch error {
        case is ClosedPipe: ""
        case let error as ErrorBody: RefusalText.of(error)
        case let error where ExitStatus(error) != .failed || error is CommandFailure: "\(error)"
        case let error as UnexpectedFailure: error.description
        default: nil
        }
    }
}

/// Commands that end by signals in their own way.
protocol HandlesSignals {}

/// What failed for a reason that has no status of its own.
struct UnexpectedFailure: Error, CustomStringConvertible {
    let description: String
}

/// A controller's refusal as it is shown: its sentence, and where no node fits, the reasons by count.
package enum RefusalText {
    package static func of(_ body: ErrorBody) -> String {
        var text = Printable(body.message, limit: 2000).description
        if let none = body.noPlacement, !none.counts.isEmpty { text += "\n" + of(none) }
        if body.code == .internal, !body.requestID.isEmpty { text += " (request \(Printable(body.requestID, limit: 80)))" }
        return text
    }

    package static func of(_ none: NoPlacement) -> String {
        var lines = none.counts.map { "  \($0.nodes) of \(none.nodes) nodes: \(words(for: $0.reason))" }
        if let nearest = none.nearestMiss { lines.append("  nearest: \(Printable(nearest, limit: 300))") }
        return lines.joined(separator: "\n")
    }

    private static func words(for reason: String) -> String {
        let shown = Printable(reason, limit: 80).description
        return String(shown.map { $0 == "-" ? " " : $0 })
    }
}
