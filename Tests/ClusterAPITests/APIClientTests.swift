import ClusterAPI
import ClusterModel
import FoundationEssentials
import Synchronization
import Testing

/// Plays a controller by answering each request from a list, and keeps what it was asked.
private final class Script: Sendable {
    typealias Step = @Sendable (HTTPRequest) throws -> InProcessTransport.Reply
    private let state: Mutex<(steps: [Step], asked: [HTTPRequest])>

    init(_ steps: [Step]) { state = Mutex((steps, [])) }

    var asked: [HTTPRequest] { state.withLock { $0.asked } }

    var client: APIClient {
        APIClient(
            transport: InProcessTransport { request in
                let step = self.state.withLock { state -> Step? in
                    state.asked.append(request)
                    return state.steps.isEmpty ? nil : state.steps.removeFirst()
                }
                guard let step else { throw TransportError.timedOut(endpoint: "the script's end") }
                return try step(request)
            }, pauses: [.milliseconds(1), .milliseconds(1)])
    }
}

private func size(_ name: String) throws -> Size {
    Size(name: try Name(name), resources: Resources(cpu: MilliCPU(1000), memory: MiB(512), disk: .zero))
}

private func refusal(_ code: ErrorBody.Code, requestID: String = "r1") throws -> InProcessTransport.Reply {
    try .json(ErrorAnswer(error: ErrorBody(code: code, message: "no", requestID: requestID)), status: code.httpStatus)
}

private func unreachable(_: HTTPRequest) throws -> InProcessTransport.Reply { throw TransportError.unreachable(endpoint: "e", why: "w") }

private func events(_ text: String, failing: Bool = false) -> InProcessTransport.Reply {
    let (body, feed) = AsyncThrowingStream<Data, any Error>.makeStream()
    feed.yield(Data(text.utf8))
    feed.finish(throwing: failing ? TransportError.unreachable(endpoint: "e", why: "w") : nil)
    return .streamed(HTTPAnswer(status: 200, headers: [:], body: Data()), body)
}

struct APIClientTests {
    @Test("a change that got no answer is sent again with the same key and the same bytes")
    func repetition() async throws {
        let script = Script([unreachable, { _ in try refusal(.unavailable) }, { _ in try .json(LaunchAnswer(instances: [], operations: [])) }])
        var request = LaunchRequest()
        request.count = 2
        _ = try await script.client.launch(request)
        let keys = script.asked.map { $0.headers.first { $0.0 == "Idempotency-Key" }?.1 }
        #expect(script.asked.count == 3 && Set(keys).count == 1 && keys[0] != nil)
        for asked in script.asked {
            guard case .bytes(let body) = asked.body else { Issue.record("no body"); return }
            #expect(String(decoding: body, as: UTF8.self) == #"{"count":2}"#)
        }
        _ = try? await script.client.launch(request)
        #expect(script.asked.last?.headers.first { $0.0 == "Idempotency-Key" }?.1 != keys[0])
    }

    @Test("a refusal comes back as the error body that was sent, and is not repeated")
    func refused() async throws {
        let script = Script([{ _ in try refusal(.notFound) }])
        await #expect(throws: ErrorBody(code: .notFound, message: "no", requestID: "r1")) { try await script.client.instance("a/b") }
        #expect(script.asked.map(\.target) == ["/v1/instances/a%2Fb"])
    }

    @Test("attempts end, with the last error")
    func repetitionEnds() async throws {
        let script = Script([unreachable, unreachable, unreachable, unreachable])
        await #expect(throws: TransportError.unreachable(endpoint: "e", why: "w")) { try await script.client.cluster() }
        #expect(script.asked.count == 3)
    }

    @Test("what is no controller is called so, whether it answers well or badly")
    func malformed() async throws {
        let page = InProcessTransport.Reply.whole(HTTPAnswer(status: 200, headers: [:], body: Data("<html>".utf8)))
        let missing = InProcessTransport.Reply.whole(HTTPAnswer(status: 404, headers: [:], body: Data()))
        let script = Script([{ _ in page }, { _ in missing }])
        await #expect(throws: MalformedAnswer.self) { try await script.client.version() }
        await #expect(throws: MalformedAnswer.self) { try await script.client.version() }
    }

    @Test("a long list is read page by page, each asked for with the token of the one before")
    func paging() async throws {
        let pages = [Page(items: [try size("a"), try size("b")], revision: 5, continue: "x y"), Page(items: [try size("c")], revision: 6)]
        let script = Script([{ _ in try .json(pages[0]) }, { _ in try .json(pages[1]) }, { _ in try .json(pages[0]) }, { _ in try .json(pages[1]) }])
        var names: [String] = []
        for try await size in script.client.sizes() { names.append(size.name.text) }
        #expect(names == ["a", "b", "c"])
        #expect(script.asked.map(\.target) == ["/v1/sizes?limit=500", "/v1/sizes?limit=500&continue=x%20y"])
        let (items, revision) = try await script.client.sizes().whole()
        #expect(items.count == 3)
        #expect(revision == 5)
    }
}

struct LiveListTests {
    private func watch(_ script: Script, steps: Int) async throws -> [String] {
        var seen: [String] = []
        for try await step in LiveList.ofSizes(script.client) {
            switch step {
            case .list(let items): seen.append("list " + items.map(\.name.text).joined(separator: ","))
            case .change(.put(let item, let revision)): seen.append("put \(item.name) \(revision)")
            case .change(.delete(let id, let revision)): seen.append("delete \(id) \(revision)")
            }
            if seen.count == steps { break }
        }
        return seen
    }

    private func list(_ name: String, _ revision: Int64) -> Script.Step {
        { _ in try .json(Page(items: [try size(name)], revision: revision)) }
    }

    private func put(_ name: String, _ id: String) throws -> String {
        "id: \(id)\nevent: put\ndata: \(String(decoding: try WireJSON.encode(try size(name)), as: UTF8.self))\n\n"
    }

    @Test("after a broken connection the watch takes up after the last change it saw")
    func resumes() async throws {
        let first = try put("b", "8") + ": still here\n\n"
        let second = try put("c", "9.1") + "id: 10\nevent: delete\ndata: {\"id\":\"b\"}\n\n"
        let script = Script([list("a", 7), { _ in events(first, failing: true) }, unreachable, { _ in events(second) }])
        #expect(try await watch(script, steps: 4) == ["list a", "put b 8", "put c 9", "delete b 10"])
        #expect(script.asked.map { $0.headers.first { $0.0 == "Last-Event-ID" }?.1 } == [nil, "7", "8", "8"])
    }

    @Test("where the changes since the last one seen are no longer kept, all is listed again")
    func listsAgain() async throws {
        let change = try put("c", "31")
        let script = Script([list("a", 7), { _ in try refusal(.gone) }, list("b", 30), { _ in events(change) }])
        #expect(try await watch(script, steps: 3) == ["list a", "list b", "put c 31"])
        #expect(script.asked.last?.headers.first { $0.0 == "Last-Event-ID" }?.1 == "30")
    }

    @Test("a controller that can't be reached from the start is an error at once, and one that stays away later is one in the end")
    func givesUp() async throws {
        let never = Script(Array(repeating: unreachable, count: 20))
        await #expect(throws: TransportError.self) { try await watch(never, steps: 1) }
        #expect(never.asked.count == 3)
        let later = Script([list("a", 7)] + Array(repeating: unreachable, count: 20))
        await #expect(throws: TransportError.self) { try await watch(later, steps: 2) }
        #expect(later.asked.count == 1 + 7)
    }
}

extension LiveList<Size> {
    fileprivate static func ofSizes(_ client: APIClient) -> Self {
        LiveList(list: client.sizes(), pauses: Array(repeating: .milliseconds(1), count: 6))
    }
}
