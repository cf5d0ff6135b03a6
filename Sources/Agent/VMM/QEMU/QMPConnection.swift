import CSpawn
import ClusterModel
import FoundationEssentials
import Glibc
import Synchronization

/// A conversation with one QEMU over its control socket. QEMU talks to one client at a time; closing it lets the next in.
package final class QMPConnection: Sendable {
    private struct State {
        var isOpen = true
        var buffer = Data()
        var nextID = 1
        var waiting: [Int: CheckedContinuation<Data, any Error>] = [:]
        var shutdownReason: String?
        var registration: DescriptorWatch.Registration?
    }

    private let descriptor: Int32
    private let state = Mutex(State())
    /// Longer than any answer to a command of ours.
    private static let maximumLine = 1 << 20
    private static let heldFor = Duration.seconds(5)

    /// Connects and agrees on capabilities.
    package init(socket name: String, in directory: String, timeout: Duration = .seconds(5)) async throws(WorkFailure) {
        descriptor = try LocalSocket.connect(to: name, in: directory)
        let registration = DescriptorWatch.shared.add(descriptor) { [weak self] in self?.receive() }
        state.withLock { $0.registration = registration }
        do { try await execute("qmp_capabilities", timeout: timeout) } catch {
            close()
            throw error
        }
    }

    /// The descriptor is closed here and not before: its number must not become another's while the watch may be reading it.
    deinit {
        close()
        Glibc.close(descriptor)
    }

    /// Why the VMM said that it shuts down: "guest-shutdown", "host-signal"…; nil where it said nothing.
    package var shutdownReason: String? { state.withLock { $0.shutdownReason } }

    package func execute(_ command: String, timeout: Duration = .seconds(5)) async throws(WorkFailure) {
        _ = try await execute(command, as: QMPMessage.Nothing.self, timeout: timeout)
    }

    package func execute<Value: Decodable>(
        _ command: String, _ arguments: [String: String]? = nil, as: Value.Type, timeout: Duration = .seconds(5)
    ) async throws(WorkFailure) -> Value {
        try await answer(to: command, arguments, timeout: timeout)
    }

    private func answer<Value: Decodable>(
        to command: String, _ arguments: (some Encodable & Sendable)?, timeout: Duration, passing given: Int32? = nil
    ) async throws(WorkFailure) -> Value {
        do {
            let line = try await ask(command, arguments, timeout: timeout, passing: given)
            if let failure = try JSONDecoder().decode(QMPMessage.self, from: line).error {
                throw WorkFailure("QEMU refused \(command): \(Printable(failure.desc, limit: 200))")
            }
            return try JSONDecoder().decode(QMPMessage.Answer<Value>.self, from: line).return
        } catch let failure as WorkFailure {
            throw failure
        } catch {
            throw WorkFailure("QEMU answered \(command) with something unreadable")
        }
    }

    /// The same with arguments that have numbers and lists in them.
    /// - Parameter given: goes to QEMU with the command, and stays open here.
    func call<Value: Decodable>(
        _ command: String, _ arguments: some Encodable & Sendable, as: Value.Type, timeout: Duration = .seconds(10), passing given: Int32? = nil
    ) async throws(WorkFailure) -> Value {
        try await answer(to: command, arguments, timeout: timeout, passing: given)
    }

    func call(_ command: String, _ arguments: some Encodable & Sendable, timeout: Duration = .seconds(10)) async throws(WorkFailure) {
        _ = try await call(command, arguments, as: QMPMessage.Nothing.self, timeout: timeout)
    }

    private func ask(_ command: String, _ arguments: (some Encodable & Sendable)?, timeout: Duration, passing given: Int32?) async throws -> Data {
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        let bytes = try JSONEncoder().encode(QMPMessage.Command(execute: command, arguments: arguments, id: id)) + Data([0x0A])
        let clock = Task {
            try await Task.sleep(for: timeout)
            finish(id, .failure(WorkFailure("QEMU did not answer \(command) within \(timeout)")))
        }
        defer { clock.cancel() }
        return try await withCheckedThrowingContinuation { continuation in
            let isOpen = state.withLock { state in
                if state.isOpen { state.waiting[id] = continuation }
                return state.isOpen
            }
            guard isOpen else { return continuation.resume(throwing: WorkFailure("QEMU's control socket is closed")) }
            let sent = bytes.withUnsafeBytes {
                if let given {
                    cspawn_send_descriptor(descriptor, $0.baseAddress, $0.count, given)
                } else {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
            }
            if sent != bytes.count { finish(id, .failure(WorkFailure("QEMU's control socket takes nothing"))) }
        }
    }

    private func finish(_ id: Int, _ result: Result<Data, any Error>) {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(with: result)
    }

    /// On the watching thread.
    private func receive() {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        let count = chunk.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else { return close() }
        let lines: [Data] = state.withLock { state in
            state.buffer.append(contentsOf: chunk[..<count])
            var lines: [Data] = []
            while let end = state.buffer.firstIndex(of: 0x0A) {
                lines.append(Data(state.buffer[state.buffer.startIndex..<end]))
                state.buffer = Data(state.buffer[state.buffer.index(after: end)...])
            }
            return lines
        }
        for line in lines { take(line) }
        if state.withLock({ $0.buffer.count }) > Self.maximumLine { close() }
    }

    private func take(_ line: Data) {
        guard let message = try? JSONDecoder().decode(QMPMessage.self, from: line) else { return }
        if let id = message.id {
            finish(id, .success(line))
        } else if message.event == "SHUTDOWN" {
            state.withLock { $0.shutdownReason = message.data?.reason }
        } else if message.event == "BLOCK_IO_ERROR", message.data?.action == "stop" {
            goOnLater()
        }
    }

    /// A guest that wrote where there is no room is held by QEMU until somebody says that it may try again; where there still is none, this is called anew.
    private func goOnLater() {
        Task { [weak self] in
            try? await Task.sleep(for: Self.heldFor)
            try? await self?.execute("cont")
        }
    }

    /// For a connection that was not there when the guest was held.
    func goOnIfHeld() async {
        guard let status = try? await execute("query-status", as: QMPMessage.Status.self), status.status == "io-error" else { return }
        goOnLater()
    }

    package func close() {
        let (wasOpen, registration, waiting) = state.withLock { state in
            defer {
                state.isOpen = false
                state.waiting = [:]
            }
            return (state.isOpen, state.registration, state.waiting)
        }
        guard wasOpen else { return }
        if let registration { DescriptorWatch.shared.remove(registration) }
        shutdown(descriptor, Int32(SHUT_RDWR))
        for continuation in waiting.values { continuation.resume(throwing: WorkFailure("QEMU closed its control socket")) }
    }
}
