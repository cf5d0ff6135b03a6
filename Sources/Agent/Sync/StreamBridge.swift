import ClusterAPI
import ClusterModel
import FoundationEssentials
import Logging
import Synchronization

/// Carries consoles and logs that someone waits for to the controller, each over connections that this agent opens.
package final class StreamBridge: Sendable {
    private struct State {
        var open: Set<StreamID> = []
        /// The latest that were opened: a request is repeated until its stream has arrived.
        var known: [StreamID] = []
    }

    private let node: NodeID
    private let transport: any Transport
    private let vmm: any VMM
    private let logger: Logger
    private let state = Mutex(State())

    private static let maximumOpen = 32
    private static let remembered = 256

    package init(node: NodeID, transport: any Transport, vmm: any VMM, logger: Logger) {
        self.node = node
        self.transport = transport
        self.vmm = vmm
        self.logger = logger
    }

    package func open(_ requests: [StreamRequest]) {
        for request in requests {
            let isNew = state.withLock { state in
                guard !state.known.contains(request.id), state.open.count < Self.maximumOpen else { return false }
                state.open.insert(request.id)
                state.known.append(request.id)
                if state.known.count > Self.remembered { state.known.removeFirst() }
                return true
            }
            guard isNew else { continue }
            Task {
                await carry(request)
                state.withLock { _ = $0.open.remove(request.id) }
            }
        }
    }

    private func carry(_ request: StreamRequest) async {
        let stream: any ConsoleStream
        do throws(WorkFailure) {
            stream = try await source(of: request)
        } catch {
            // A connection that can't be made is closed, as a port would do it.
            if case .port = request.source { logger.info("port not reached", metadata: ["instance": "\(request.instance)", "why": "\(error)"]) }
            stream =
                if case .file = request.source { Sentence(GuestFileFrame.end(GuestFileEnd(bytes: 0, failure: "\(error)")).bytes) } else {
                    Sentence(request.source.takesText ? "\(error)\r\n" : "")
                }
        }
        defer { stream.close() }
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await self.sendOutput(of: stream, request.id)
                return true
            }
            if request.source.takesInput {
                group.addTask {
                    await self.takeInput(to: stream, request.id)
                    if request.source.isHalfClosed { stream.endInput() }
                    return !request.source.isHalfClosed
                }
            }
            while let isOver = await group.next(), !isOver {}
            stream.close()
            group.cancelAll()
        }
    }

    private func source(of request: StreamRequest) async throws(WorkFailure) -> any ConsoleStream {
        switch request.source {
        case .console: try vmm.console(of: request.instance)
        case .log(let lines, let follow): try vmm.log(of: request.instance, lines: lines, follow: follow)
        case .port(let number): try await vmm.port(number, of: request.instance)
        case .program(let program): Sentence(await exit(of: program, in: request.instance))
        case .file(let file): try vmm.copy(file, of: request.instance)
        }
    }

    private func exit(of program: GuestProgram, in instance: InstanceID) async -> String {
        let exit: GuestExit
        do throws(WorkFailure) { exit = try await vmm.run(program, in: instance) } catch { exit = GuestExit(failure: "\(error)") }
        return (try? JSONEncoder().encode(exit)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private func sendOutput(of stream: any ConsoleStream, _ id: StreamID) async {
        let request = HTTPRequest(
            method: Route.nodeStreamOutput.method, target: Route.nodeStreamOutput.path("\(node)", "\(id)"),
            headers: [("Content-Type", "application/octet-stream")], body: .stream { await stream.read() }, timeout: nil)
        do { _ = try await transport.send(request) } catch { logger.debug("stream ended", metadata: ["stream": "\(id)", "why": "\(error)"]) }
    }

    private func takeInput(to stream: any ConsoleStream, _ id: StreamID) async {
        let request = HTTPRequest(
            method: Route.nodeStreamInput.method, target: Route.nodeStreamInput.path("\(node)", "\(id)"), timeout: nil, maximumAnswer: .max)
        do {
            let (answer, input) = try await transport.stream(request)
            guard answer.status == 200 else { return }
            for try await data in input { try await stream.write(data) }
        } catch { logger.debug("stream input ended", metadata: ["stream": "\(id)", "why": "\(error)"]) }
    }
}

extension StreamRequest.Source {
    /// A person reads what comes.
    fileprivate var takesText: Bool {
        switch self {
        case .console, .log: true
        case .port, .program, .file: false
        }
    }
}

/// A stream of one sentence, for the one who waits to read.
private final class Sentence: ConsoleStream {
    private let text: Mutex<Data?>

    convenience init(_ text: String) { self.init(Data(text.utf8)) }

    init(_ bytes: Data) { text = Mutex(bytes) }

    func read() async -> Data? {
        text.withLock { text in
            defer { text = nil }
            return text
        }
    }

    func write(_ data: Data) async throws {}
    func close() {}
}
