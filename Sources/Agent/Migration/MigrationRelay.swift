import ClusterModel
import FoundationEssentials
import Glibc
import Logging
import Synchronization

/// The agent's one port, for other agents: a connection that shows the key of a migration that is expected here is joined to that VMM's socket. What goes
/// through is encrypted from VMM to VMM, and a connection without such a proof gets nothing.
package final class MigrationRelay: Sendable {
    struct Guest: Sendable {
        var key: MigrationKey
        /// The VMM's ends; nil where there is none.
        var sockets: [MigrationChannel: @Sendable () async -> Int32?]
    }

    private struct State {
        var guests: [InstanceID: Guest] = [:]
        var connections = 0
    }

    private let listener: Int32
    private let state = Mutex(State())
    private let logger: Logger
    /// As other agents reach it.
    let endpoint: String

    static let connectionLimit = 128
    private static let greetingLimit = 200

    /// - Parameter address: "10.0.0.5:7481"; with port 0 the kernel chooses one.
    init(listen address: String, logger: Logger) throws(WorkFailure) {
        self.logger = logger
        listener = try TCPSocket.listen(on: address)
        endpoint = try TCPSocket.name(of: listener, listening: address)
        BlockingThread.run { [self] in accept() }
    }

    func expect(_ instance: InstanceID, _ guest: Guest) { state.withLock { $0.guests[instance] = guest } }

    func forget(_ instance: InstanceID) { state.withLock { $0.guests[instance] = nil } }

    private func accept() {
        while true {
            let connection = TCPSocket.accept(listener)
            guard connection >= 0 else {
                if errno != EINTR, errno != ECONNABORTED { usleep(100_000) }
                continue
            }
            let hasRoom = state.withLock { state in
                guard state.connections < Self.connectionLimit else { return false }
                state.connections += 1
                return true
            }
            guard hasRoom else {
                close(connection)
                continue
            }
            BlockingThread.run { [self] in welcome(connection) }
        }
    }

    private func welcome(_ connection: Int32) {
        TCPSocket.limit(connection, seconds: 5)
        guard let greeting = Self.line(connection), let connect = way(for: greeting) else {
            close(connection)
            return leave()
        }
        TCPSocket.limit(connection, seconds: 0)
        TCPSocket.noticeLoss(connection)
        Task { [self] in
            guard let socket = await connect() else {
                close(connection)
                return leave()
            }
            Splice.join(connection, socket) { [self] in leave() }
        }
    }

    private func leave() { state.withLock { $0.connections -= 1 } }

    /// Byte by byte, since what follows is the VMM's.
    private static func line(_ connection: Int32) -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count < greetingLimit {
            guard recv(connection, &byte, 1, 0) == 1 else { return nil }
            if byte == 0x0A { return String(validating: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
        return nil
    }

    private func way(for greeting: String) -> (@Sendable () async -> Int32?)? {
        let words = greeting.split(separator: " ")
        guard words.count == 4, words[0] == "berth-migration", let channel = MigrationChannel(rawValue: String(words[1])),
            let instance = InstanceID(String(words[2])), let guest = state.withLock({ $0.guests[instance] }),
            guest.key.isProof(String(words[3]), of: channel, instance), let connect = guest.sockets[channel]
        else {
            logger.warning("a connection to the migration port was refused: it showed no key of a migration that is expected here")
            return nil
        }
        return connect
    }

    static func greeting(_ channel: MigrationChannel, _ instance: InstanceID, _ key: MigrationKey) -> String {
        "berth-migration \(channel.rawValue) \(instance) \(key.proof(of: channel, instance))\n"
    }
}

/// The sender's end: a socket in the instance's directory for its VMM, of which each connection is carried to the other agent.
final class MigrationDoor: Sendable {
    private let listener: Int32
    private let isOpen = Mutex(true)

    init(
        _ name: String, in directory: String, to endpoint: String, _ channel: MigrationChannel, _ instance: InstanceID, _ key: MigrationKey
    ) throws(WorkFailure) {
        listener = try LocalSocket.listen(at: name, in: directory)
        let greeting = MigrationRelay.greeting(channel, instance, key)
        BlockingThread.run { [self] in
            while isOpen.withLock({ $0 }) {
                let connection = TCPSocket.accept(listener)
                guard connection >= 0 else {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    break
                }
                guard let other = TCPSocket.connect(to: endpoint) else {
                    Glibc.close(connection)
                    continue
                }
                _ = greeting.withCString { send(other, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
                Splice.join(connection, other) {}
            }
            Glibc.close(listener)
        }
    }

    /// What is under way goes on.
    func close() {
        isOpen.withLock { $0 = false }
        shutdown(listener, Int32(SHUT_RDWR))
    }
}
