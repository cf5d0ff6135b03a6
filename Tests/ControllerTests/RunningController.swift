import ClusterAPI
import ClusterModel
import Controller
import Foundation
import Logging
import ServiceLifecycle
import Testing

/// A real controller in this process: SQLite in a directory of its own, HTTP on a port of its own.
struct RunningController: Sendable {
    let directory: URL
    let endpoint: String
    let transport: CurlTransport
    /// By which the controller is known; nil where it speaks plain HTTP.
    var authority: Data?

    static let fast = "heartbeat: {interval: 200ms, suspectAfter: 1s, lostAfter: 2s}\n"
    static let calm = "heartbeat: {interval: 200ms, suspectAfter: 60s, lostAfter: 120s}\n"

    static func temporaryDirectory() throws -> URL {
        let url = FileManager.default.temporaryDirectory.appending(path: "berth-controller-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url
    }

    /// Runs `body` against a fresh controller and takes it down again.
    static func run<Value: Sendable>(
        _ configuration: String = calm, security: Security = .none, store: (any StateStore)? = nil, log: KeptLog? = nil,
        _ body: @Sendable @escaping (RunningController) async throws -> Value
    ) async throws -> Value {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: directory) }
        return try await run(in: directory, configuration, security: security, store: store, log: log, body)
    }

    /// Stops it gracefully afterwards; the directory stays, for another start.
    static func run<Value: Sendable>(
        in directory: URL, _ configuration: String = calm, security: Security = .none, store: (any StateStore)? = nil, log: KeptLog? = nil,
        _ body: @Sendable @escaping (RunningController) async throws -> Value
    ) async throws -> Value {
        let endpointFile = directory.appending(path: "endpoint")
        try? FileManager.default.removeItem(at: endpointFile)
        let access = configuration.contains("access:") ? "" : "access: open\n"
        let level = log == nil ? "critical" : "trace"
        let text =
            "security: \(security.rawValue)\nlisten: 127.0.0.1:0\ndataDirectory: \(directory.path)\nlogLevel: \(level)\n\(access)\(configuration)"
        let service = try ControllerService(
            configuration: try ControllerConfiguration(text: text, file: "controller.yaml"), logger: log?.logger ?? Logger(label: "test"),
            version: "test", store: store)
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)], logger: Logger(label: "test")))
        return try await withThrowingTaskGroup(of: Value?.self) { tasks in
            tasks.addTask {
                try await group.run()
                return nil
            }
            tasks.addTask {
                let endpoint = try await eventually {
                    let text = try? String(contentsOf: endpointFile, encoding: .utf8)
                    return text.flatMap { $0.isEmpty ? nil : $0.trimmingCharacters(in: .whitespacesAndNewlines) }
                }
                let authority = security == .none ? nil : try Data(contentsOf: directory.appending(path: "authority.pem"))
                let transport = try CurlTransport(endpoint: endpoint, trust: authority.map { CurlTrust(.pinned($0)) } ?? CurlTrust())
                let running = RunningController(directory: directory, endpoint: endpoint, transport: transport, authority: authority)
                let result: Result<Value, any Error>
                do { result = .success(try await body(running)) } catch { result = .failure(error) }
                await group.triggerGracefulShutdown()
                await transport.shutdown()
                return try result.get()
            }
            var value: Value?
            while let next = try await tasks.next() { value = next ?? value }
            return try #require(value)
        }
    }

    // MARK: Asking

    struct Reply: Sendable {
        var status: Int
        var headers: [String: String]
        var body: Data
        var text: String { String(decoding: body, as: UTF8.self) }

        func decoded<Body: Decodable>(as type: Body.Type = Body.self) throws -> Body {
            do { return try JSONDecoder().decode(Body.self, from: body) } catch {
                Issue.record("\(status) \(text) is no \(Body.self): \(error)")
                throw error
            }
        }

        var error: ErrorBody {
            get throws { try decoded(as: ErrorAnswer.self).error }
        }
    }

    func send(
        _ method: Route.Method, _ target: String, _ body: Data? = nil, headers: [(String, String)] = [], timeout: Duration = .seconds(20)
    ) async throws -> Reply {
        let request = HTTPRequest(method: method, target: target, headers: headers, body: body.map { .bytes($0) } ?? .none, timeout: timeout)
        let answer = try await transport.send(request)
        return Reply(status: answer.status, headers: answer.headers, body: answer.body)
    }

    func get<Body: Decodable>(_ target: String, as type: Body.Type = Body.self) async throws -> Body {
        let reply = try await send(.get, target)
        #expect(reply.status == 200, "GET \(target): \(reply.text)")
        return try reply.decoded()
    }

    func post<Body: Decodable>(
        _ target: String, _ body: some Encodable, as type: Body.Type = Body.self, headers: [(String, String)] = []
    ) async throws -> Body {
        let reply = try await send(.post, target, try JSONEncoder().encode(body), headers: headers)
        #expect((200..<300).contains(reply.status), "POST \(target): \(reply.text)")
        return try reply.decoded()
    }

    func delete(_ target: String) async throws -> Reply { try await send(.delete, target) }

    // MARK: Common steps

    @discardableResult
    func importImage(_ name: String = "tiny", bytes: Data = Data("an image".utf8)) async throws -> Image {
        let reply = try await send(.post, "/v1/images?name=\(name)&format=linux&architecture=x86_64", bytes)
        #expect(reply.status == 201, "\(reply.text)")
        return try reply.decoded()
    }

    @discardableResult
    func launch(_ name: String? = nil, size: String? = nil, count: Int? = nil, queue: Bool? = nil) async throws -> LaunchAnswer {
        try await post("/v1/instances", try launchRequest(name, size: size, count: count, queue: queue))
    }

    func launchRequest(_ name: String?, size: String? = nil, count: Int? = nil, queue: Bool? = nil) throws -> LaunchRequest {
        var request = LaunchRequest()
        request.name = try name.map { try Name($0) }
        request.size = try size.map { try Name($0) }
        request.count = count
        request.queue = queue
        return request
    }

    func instance(_ name: String) async throws -> Instance { try await get("/v1/instances/\(name)") }

    func state(of name: String) async throws -> InstanceState { try await instance(name).status.state }
}

struct NeverHappened: Error, CustomStringConvertible {
    var description: String { "it did not come true in time" }
}

/// Polls until there is a value; throws when there is none in time.
func eventually<Value>(within limit: Duration = .seconds(20), _ look: () async throws -> Value?) async throws -> Value {
    let deadline = ContinuousClock.now.advanced(by: limit)
    while ContinuousClock.now < deadline {
        if let value = try await look() { return value }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw NeverHappened()
}

/// Polls until it is so.
func eventually(within limit: Duration = .seconds(20), _ look: () async throws -> Bool) async throws {
    _ = try await eventually(within: limit) { try await look() ? true : nil }
}
