import ClusterModel
import ControllerDecisions
import DequeModule
import Synchronization

/// The latest committed changes and events, for watches. Watchers keep nothing here but their place: one that falls behind what is kept is cut off.
final class WatchLog: Sendable {
    enum Entry: Sendable {
        case change(NumberedChange)
        case event(Event)

        var revision: Int64 {
            switch self {
            case .change(let change): change.revision
            case .event(let event): event.revision
            }
        }
    }

    enum Answer: Sendable {
        case entries([Entry], upTo: Int64)
        /// What follows the place is no longer kept.
        case gone
        case closed
    }

    private struct State {
        var entries: Deque<Entry> = []
        /// Everything after this number is in `entries`.
        var floor: Int64
        var head: Int64
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
        var isClosed = false
        var events: Deque<Event> = []

        mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
            defer { waiters = [:] }
            return waiters.values.map { $0 }
        }
    }

    private let state: Mutex<State>
    private let kept: Int
    static let keptEvents = 10_000
    static let maximumWatchers = 2_000

    init(revision: Int64, kept: Int, events: [Event]) {
        self.kept = kept
        state = Mutex(State(floor: revision, head: revision, events: Deque(events.suffix(Self.keptEvents))))
    }

    func append(_ effects: Effects, revision: Int64) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            var changes = effects.changes[...]
            var events = effects.events[...]
            while let change = changes.first, let event = events.first {
                if change.revision < event.revision {
                    state.entries.append(.change(change))
                    changes.removeFirst()
                } else {
                    state.entries.append(.event(event))
                    events.removeFirst()
                }
            }
            state.entries.append(contentsOf: changes.map(Entry.change))
            state.entries.append(contentsOf: events.map(Entry.event))
            while state.entries.count > kept, let oldest = state.entries.popFirst() { state.floor = oldest.revision }
            state.events.append(contentsOf: effects.events)
            if state.events.count > Self.keptEvents { state.events.removeFirst(state.events.count - Self.keptEvents) }
            state.head = revision
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// All that is kept, oldest first.
    var events: (events: Deque<Event>, revision: Int64) { state.withLock { ($0.events, $0.head) } }

    /// What came after `place`, at most 256 entries at once and possibly none; does not wait.
    func entries(after place: Int64) -> Answer {
        state.withLock { state in
            if state.isClosed { return .closed }
            guard place >= state.floor else { return .gone }
            guard place < state.head else { return .entries([], upTo: state.head) }
            var low = 0
            var high = state.entries.count
            while low < high {
                let middle = (low + high) / 2
                if state.entries[middle].revision <= place { low = middle + 1 } else { high = middle }
            }
            let some = Array(state.entries[low...].prefix(256))
            let all = low + some.count == state.entries.count
            return .entries(some, upTo: all ? state.head : some.last?.revision ?? state.head)
        }
    }

    /// Returns when there may be something after `place`, and also when cancelled or closed.
    func wait(after place: Int64) async {
        let number = state.withLock { state -> Int in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = state.withLock { state -> Bool in
                    if state.isClosed || state.head > place || Task.isCancelled { return true }
                    state.waiters[number] = continuation
                    return false
                }
                if now { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
        }
    }

    func close() {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.isClosed = true
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    var watchers: Int { state.withLock { $0.waiters.count } }
}
