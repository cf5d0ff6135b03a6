import ArgumentParser
import ClusterAPI
import ClusterModel
import FoundationEssentials
import Glibc
import Synchronization

struct Console: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take an instance's serial console; ~. at the beginning of a line detaches.",
        discussion: """
            On a terminal every key goes to the guest, Ctrl-C too; ~~ sends one ~.
            Elsewhere standard input is sent to the guest, and its answer is copied until it is silent for a second,
            or for --timeout:
              echo 'uname -r' | berth console web
            """)

    @Argument(help: "A name or an id.", transform: ArgumentText.reference)
    var instance: String

    @Option(help: ArgumentHelp("Detach after this time, such as 10s.", valueName: "time"), transform: ArgumentText.time)
    var timeout: Milliseconds?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let stream = try await client.openStream(.console, of: instance)
        let output = try await client.output(of: stream)
        let session = ConsoleSession(client: client, stream: stream, input: try StandardInput())
        let raw = RawTerminal.enter()
        defer { RawTerminal.restore() }
        if raw, !connection.quiet { StandardError.write("connected to \(instance); detach with ~. at the beginning of a line\r\n") }
        do {
            let end = try await session.run(output: output, detaches: raw, timeout: timeout?.duration)
            RawTerminal.restore()
            if raw, !connection.quiet { StandardError.write("\n\(end.rawValue)\n") }
        } catch {
            try? await client.closeStream(stream)
            throw error
        }
        try? await client.closeStream(stream)
    }
}

/// Copies both ways between the terminal and a guest until one of them has enough.
private struct ConsoleSession {
    enum End: String { case detached = "detached", closed = "the console was closed", timedOut = "detached: the time is over" }

    let client: APIClient
    let stream: StreamID
    let input: StandardInput
    /// The guest's last word, for knowing when it is silent after standard input's end.
    let lastOutput = ConsoleClock()

    func run(output: AsyncThrowingStream<Data, any Error>, detaches: Bool, timeout: Duration?) async throws -> End {
        try await withThrowingTaskGroup(of: End.self) { group in
            group.addTask {
                for try await piece in output {
                    lastOutput.touch()
                    try piece.withUnsafeBytes { try StandardOutput.write($0) }
                }
                return .closed
            }
            group.addTask { try await send(detaches: detaches, lingers: timeout == nil) }
            if let timeout {
                group.addTask {
                    try await Task.sleep(for: timeout)
                    return .timedOut
                }
            }
            defer {
                input.end()
                group.cancelAll()
            }
            return try await group.next() ?? .closed
        }
    }

    private func send(detaches: Bool, lingers: Bool) async throws -> End {
        let filter = Mutex(DetachFilter())
        let detached = Mutex(false)
        try await client.input(to: stream) {
            while !detached.withLock({ $0 }), let typed = await input.next() {
                guard detaches else { return typed }
                let (send, detach) = filter.withLock { $0.filter(typed) }
                if detach { detached.withLock { $0 = true } }
                if !send.isEmpty { return Data(send) }
            }
            return nil
        }
        try Task.checkCancellation()
        if detached.withLock({ $0 }) { return .detached }
        // Standard input has ended; the guest may still be answering.
        while !lingers || lastOutput.silence < .seconds(1) { try await Task.sleep(for: .milliseconds(100)) }
        return .detached
    }
}

private final class ConsoleClock: Sendable {
    private let last = Mutex(ContinuousClock.now)
    func touch() { last.withLock { $0 = .now } }
    var silence: Duration { .now - last.withLock { $0 } }
}
