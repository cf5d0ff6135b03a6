import FoundationEssentials
import Glibc
import Synchronization

/// The log that a cage writes, across its rotations. A follower looks again five times a second.
package final class ConsoleLog: ConsoleStream {
    private struct State {
        var file: Int32 = -1
        var backlog: Data?
        var isOpen = true
    }

    private let current: String
    private let follow: Bool
    private let state: Mutex<State>
    private static let poll = Duration.milliseconds(200)

    package init(current: String, older: String, lines: Int?, follow: Bool) {
        self.current = current
        self.follow = follow
        var state = State()
        let past = DurableFile.read(older, limit: 64 << 20) ?? Data()
        state.file = open(current, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        state.backlog = Self.last(lines, of: past + Self.rest(of: state.file))
        self.state = Mutex(state)
    }

    deinit { state.withLock { if $0.file >= 0 { Glibc.close($0.file) } } }

    private static func rest(of file: Int32, limit: Int = 64 << 20) -> Data {
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while file >= 0, data.count < limit {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            data.append(contentsOf: buffer[..<count])
        }
        return data
    }

    package static func last(_ lines: Int?, of text: Data) -> Data {
        guard let lines else { return text }
        guard lines > 0 else { return Data() }
        var seen = 0
        var index = text.endIndex
        if text.last == 0x0A { index -= 1 }
        while index > text.startIndex {
            if text[index - 1] == 0x0A {
                seen += 1
                if seen == lines { return Data(text[index...]) }
            }
            index -= 1
        }
        return text
    }

    package func read() async -> Data? {
        let backlog = state.withLock { state in
            defer { state.backlog = nil }
            return state.backlog
        }
        if let backlog, !backlog.isEmpty { return backlog }
        while follow, !Task.isCancelled, state.withLock({ $0.isOpen }) {
            let more = state.withLock { state in Self.more(&state, current) }
            guard let more else { return nil }
            if !more.isEmpty { return more }
            try? await Task.sleep(for: Self.poll)
        }
        return nil
    }

    /// Nil when the log is gone.
    private static func more(_ state: inout State, _ path: String) -> Data? {
        let data = rest(of: state.file, limit: 64 << 10)
        guard data.isEmpty else { return data }
        var held = stat()
        var named = stat()
        guard stat(path, &named) == 0 else { return state.file < 0 ? data : nil }
        if state.file >= 0, fstat(state.file, &held) == 0, held.st_ino == named.st_ino { return data }
        if state.file >= 0 { Glibc.close(state.file) }
        state.file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        return rest(of: state.file, limit: 64 << 10)
    }

    package func write(_ data: Data) async throws { throw WorkFailure("a log takes no input") }

    package func close() { state.withLock { $0.isOpen = false } }
}
