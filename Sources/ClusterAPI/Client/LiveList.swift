import ClusterModel
import FoundationEssentials

/// A list that stays current: first all of it, then each change. After a broken connection it takes up where it was, and where the controller no
/// longer keeps the changes since then, it lists again.
package struct LiveList<Item: Codable & Sendable>: AsyncSequence, Sendable {
    package enum Step: Sendable {
        /// All there is; what was known before is void.
        case list([Item])
        case change(WatchChange<Item>)
    }

    package typealias Element = Step

    private let list: PagedList<Item>
    private let pauses: [Duration]
    private let silence: Duration

    /// `pauses` are the waits between attempts to reach the controller again; after the last it throws. The controller sends a comment at least once
    /// in `silence` when nothing changes.
    package init(list: PagedList<Item>, pauses: [Duration] = [0.1, 0.3, 1, 2, 4, 8].map { .seconds($0) }, silence: Duration = .seconds(60)) {
        self.list = list
        self.pauses = pauses
        self.silence = silence
    }

    package func makeAsyncIterator() -> Iterator { Iterator(live: self) }

    package struct Iterator: AsyncIteratorProtocol {
        private enum State {
            case unlisted
            case listed
            case watching(AsyncThrowingStream<Data, any Error>.Iterator)
        }

        private let live: LiveList
        private var state = State.unlisted
        private var lastID = ""
        private var parser = ServerSentEventParser()
        private var ready: ArraySlice<ServerSentEvent> = []
        private var failures = 0

        init(live: LiveList) { self.live = live }

        package mutating func next() async throws -> Step? {
            while true {
                do {
                    if let step = try await advance() {
                        failures = 0
                        return step
                    }
                } catch let error as ErrorBody where error.code == .gone {
                    state = .unlisted
                    ready = []
                } catch let error as TransportError {
                    // A controller that never answered is no broken connection.
                    guard !lastID.isEmpty, failures < live.pauses.count else { throw error }
                    try await Task.sleep(for: live.pauses[failures])
                    failures += 1
                    if case .watching = state { state = .listed }
                }
            }
        }

        /// Nil where there is nothing to tell yet.
        private mutating func advance() async throws -> Step? {
            if let event = ready.popFirst() {
                if !event.id.isEmpty { lastID = event.id }
                return try live.step(event)
            }
            switch state {
            case .unlisted:
                let (items, revision) = try await live.list.whole()
                lastID = "\(revision)"
                state = .listed
                return .list(items)
            case .listed:
                let body = try await live.open(after: lastID)
                parser = ServerSentEventParser()
                state = .watching(body.makeAsyncIterator())
            case .watching(var pieces):
                guard let piece = try await pieces.next() else {
                    state = .listed
                    throw TransportError.unreachable(endpoint: "the endpoint", why: "it ended the watch")
                }
                state = .watching(pieces)
                ready = try parser.parse(piece)[...]
            }
            return nil
        }
    }

    private func open(after id: String) async throws -> AsyncThrowingStream<Data, any Error> {
        var request = list.client.request(list.route, list.route.path(), list.query + ["watch": "1"], timeout: silence)
        request.headers = [("Last-Event-ID", id), ("Accept", "text/event-stream")]
        return try await list.client.stream(request)
    }

    private func step(_ event: ServerSentEvent) throws -> Step? {
        let revision = Int64(event.id.prefix { $0.isNumber }) ?? 0
        let data = Data(event.data.utf8)
        do {
            switch event.name {
            case "put": return .change(.put(try WireJSON.decode(Item.self, from: data), revision: revision))
            // The watch's own end, such as that what it asks for is no longer kept.
            case "error": throw try WireJSON.decode(ErrorAnswer.self, from: data).error
            case "delete": return .change(.delete(id: try WireJSON.decode(DeletedItem.self, from: data).id, revision: revision))
            default: return nil
            }
        } catch let error as ErrorBody {
            throw error
        } catch {
            throw MalformedAnswer(status: 200, why: WireJSON.explain(error))
        }
    }
}

private struct DeletedItem: Decodable { var id: String }
