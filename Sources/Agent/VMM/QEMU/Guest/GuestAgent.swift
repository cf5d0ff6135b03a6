import ClusterModel
import FoundationEssentials
import Glibc

/// A conversation with qemu-guest-agent in the guest. What it answers comes from the guest and is believed in nothing: it is bounded in bytes and time.
struct GuestAgent {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private let deadline: ContinuousClock.Instant

    /// Longer than what `guest-exec` keeps of a program's output, as base64.
    private static let longestLine = 24 << 20

    /// Clears what an earlier conversation may have left in the channel.
    static func open(in directory: InstanceDirectory, timeout: Duration) async throws(WorkFailure) -> GuestAgent {
        var agent = GuestAgent(
            descriptor: try LocalSocket.connect(to: InstanceDirectory.File.guestAgent.rawValue, in: directory.path), deadline: .now + timeout)
        let mark = Int64.random(in: 1...Int64(Int32.max))
        do {
            try await agent.send(Request(execute: "guest-sync", arguments: Sync(id: mark)))
            while try await agent.answer(as: Int64.self) != mark {}
        } catch {
            agent.close()
            throw WorkFailure("the guest's agent does not answer (is qemu-guest-agent installed and running in it?): \(error)")
        }
        return agent
    }

    func close() { Glibc.close(descriptor) }

    mutating func call<Value: Decodable>(
        _ command: String, _ arguments: some Encodable & Sendable, as type: Value.Type
    ) async throws(WorkFailure) -> Value {
        try await send(Request(execute: command, arguments: arguments))
        return try await answer(as: type)
    }

    private struct Request<Arguments: Encodable>: Encodable {
        var execute: String
        var arguments: Arguments
    }

    private struct Sync: Encodable, Sendable { var id: Int64 }

    private struct Answer<Value: Decodable>: Decodable {
        struct Failure: Decodable { var desc: String }
        var `return`: Value?
        var error: Failure?
    }

    private func send(_ request: some Encodable) async throws(WorkFailure) {
        guard let line = try? JSONEncoder().encode(request) else { throw WorkFailure("the guest's agent can't be asked that", isLasting: true) }
        var rest = (line + Data([0x0A]))[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL)) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else {
                guard count < 0, errno == EAGAIN || errno == EINTR else { throw WorkFailure("the guest's channel is closed") }
                try await pause()
            }
        }
    }

    private mutating func answer<Value: Decodable>(as type: Value.Type) async throws(WorkFailure) -> Value {
        while true {
            let line = try await line()
            guard let answer = try? JSONDecoder().decode(Answer<Value>.self, from: line) else { continue }
            if let failure = answer.error { throw WorkFailure("the guest's agent refuses: \(Printable(failure.desc, limit: 300))") }
            if let value = answer.return { return value }
        }
    }

    private mutating func line() async throws(WorkFailure) -> Data {
        var searched = 0
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A) {
                let line = Data(buffer[..<end])
                buffer.removeFirst(end + 1)
                return line
            }
            searched = buffer.count
            guard buffer.count < Self.longestLine else { throw WorkFailure("the guest's agent says more than \(Self.longestLine) bytes at once") }
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            let count = chunk.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
            if count > 0 {
                buffer += chunk[..<count]
            } else {
                guard count < 0, errno == EAGAIN || errno == EINTR else { throw WorkFailure("the guest's channel is closed") }
                try await pause()
            }
        }
    }

    private func pause() async throws(WorkFailure) {
        guard ContinuousClock.now < deadline else { throw WorkFailure("it took too long") }
        do { try await Task.sleep(for: .milliseconds(20)) } catch { throw WorkFailure("cancelled") }
    }
}

/// A program run in the guest, with what it was given and what it wrote.
extension GuestAgent {
    private struct Program: Encodable, Sendable {
        var path: String
        var arg: [String]
        var inputData: Data?
        var captureOutput = true

        enum CodingKeys: String, CodingKey { case path, arg, inputData = "input-data", captureOutput = "capture-output" }
    }

    private struct Started: Decodable { var pid: Int }

    private struct Which: Encodable, Sendable { var pid: Int }

    private struct State: Decodable {
        var exited: Bool
        var exitcode: Int32?
        var signal: Int32?
        var output: Data?
        var errors: Data?
        var isCut: Bool?

        enum CodingKeys: String, CodingKey { case exited, exitcode, signal, output = "out-data", errors = "err-data", isCut = "out-truncated" }
    }

    mutating func run(_ words: [String], input: Data?) async throws(WorkFailure) -> GuestExit {
        guard let program = words.first else { throw WorkFailure("no program is named", isLasting: true) }
        let started = try await call("guest-exec", Program(path: program, arg: Array(words.dropFirst()), inputData: input), as: Started.self)
        while true {
            let state = try await call("guest-exec-status", Which(pid: started.pid), as: State.self)
            guard !state.exited else {
                return GuestExit(
                    exitCode: state.exitcode, signal: state.signal, output: state.output ?? Data(), errors: state.errors ?? Data(),
                    isCut: state.isCut ?? false)
            }
            try await pause()
        }
    }
}
