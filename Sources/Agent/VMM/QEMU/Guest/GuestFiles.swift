import ClusterModel
import FoundationEssentials

/// Files in a guest through its agent. Each step is a conversation of its own, so that others have their turn between two pieces of a long copy.
struct GuestFiles: Sendable {
    let directory: InstanceDirectory

    private static let patience = Duration.seconds(30)

    struct Handle: Sendable { fileprivate var number: Int64 }

    private struct Opening: Encodable, Sendable {
        var path: String
        var mode: String
    }

    private struct Reading: Encodable, Sendable {
        var handle: Int64
        var count: Int
    }

    private struct Piece: Decodable {
        var data: Data
        var eof: Bool
        enum CodingKeys: String, CodingKey { case data = "buf-b64", eof }
    }

    private struct Writing: Encodable, Sendable {
        var handle: Int64
        var data: Data
        enum CodingKeys: String, CodingKey { case handle, data = "buf-b64" }
    }

    private struct Written: Decodable { var count: Int }
    private struct Closing: Encodable, Sendable { var handle: Int64 }
    private struct Nothing: Decodable {}

    func open(_ path: String, mode: String) async throws(WorkFailure) -> Handle {
        Handle(number: try await ask("guest-file-open", Opening(path: path, mode: mode), as: Int64.self))
    }

    /// Empty at the file's end.
    func read(_ handle: Handle) async throws(WorkFailure) -> Data {
        let wish = Reading(handle: handle.number, count: GuestFileFrame.pieceBytes)
        let piece = try await ask("guest-file-read", wish, as: Piece.self)
        guard piece.data.count <= GuestFileFrame.pieceBytes else { throw WorkFailure("the guest's agent sends more than it was asked for") }
        guard !piece.data.isEmpty || piece.eof else { throw WorkFailure("the guest's agent sends nothing, and not the end") }
        return piece.data
    }

    func write(_ data: Data, to handle: Handle) async throws(WorkFailure) {
        var rest = data[...]
        while !rest.isEmpty {
            let count = try await ask("guest-file-write", Writing(handle: handle.number, data: Data(rest)), as: Written.self).count
            guard count > 0, count <= rest.count else { throw WorkFailure("the guest's agent wrote nothing of it") }
            rest = rest.dropFirst(count)
        }
    }

    func flush(_ handle: Handle) async throws(WorkFailure) {
        _ = try await ask("guest-file-flush", Closing(handle: handle.number), as: Nothing.self)
    }

    func close(_ handle: Handle) async throws(WorkFailure) {
        _ = try await ask("guest-file-close", Closing(handle: handle.number), as: Nothing.self)
    }

    /// What the program printed; its own words as the failure where it did not end well.
    func run(_ words: String...) async throws(WorkFailure) -> String {
        var agent = try await GuestAgent.open(in: directory, timeout: Self.patience)
        defer { agent.close() }
        let exit = try await agent.run(words, input: nil)
        guard exit.exitCode == 0 else {
            let said = String(decoding: exit.errors.prefix(1000), as: UTF8.self).split(separator: "\n").last ?? "no reason given"
            throw WorkFailure("\(words[0]) in the guest: \(Printable(String(said), limit: 300))")
        }
        return String(decoding: exit.output, as: UTF8.self)
    }

    private func ask<Value: Decodable>(
        _ command: String, _ arguments: some Encodable & Sendable, as type: Value.Type
    ) async throws(WorkFailure) -> Value {
        var agent = try await GuestAgent.open(in: directory, timeout: Self.patience)
        defer { agent.close() }
        return try await agent.call(command, arguments, as: type)
    }
}
