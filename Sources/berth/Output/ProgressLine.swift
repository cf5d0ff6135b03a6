import Glibc
import Synchronization

/// What is going on, on standard error: one line that moves on a terminal, a line for each change elsewhere.
final class ProgressLine: Sendable {
    private struct State {
        var text = ""
        var drawn = false
        var spinner: Task<Void, Never>?
    }

    private let quiet: Bool
    private let colour: Bool
    private let begun = ContinuousClock.now
    private let state = Mutex(State())
    private static let frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]

    init(quiet: Bool) {
        self.quiet = quiet
        colour =
            StandardError.isTerminal && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)
            && getenv("TERM").map { strcmp($0, "dumb") != 0 } ?? false
    }

    var elapsed: Duration { .now - begun }

    /// The present state of things. Where there is no terminal, it is printed when it differs from the last.
    func show(_ text: String) {
        guard !quiet else { return }
        state.withLock { state in
            guard state.text != text else { return }
            state.text = text
            guard StandardError.isTerminal else { return StandardError.write(text + "\n") }
            draw(&state)
            if state.spinner == nil { state.spinner = Task { [weak self] in await Self.spin(self) } }
        }
    }

    /// A bar for what has a known end; elsewhere a line for each quarter.
    func show(_ text: String, done: Int64, of total: Int64) {
        let percent = total > 0 ? Int(Double(done) / Double(total) * 100) : 100
        if StandardError.isTerminal {
            let filled = min(30, max(0, percent * 30 / 100))
            show("\(text) [\(String(repeating: "=", count: filled))\(String(repeating: " ", count: 30 - filled))] \(percent)%")
        } else {
            if percent >= 25 { show("\(text) \(percent / 25 * 25)%") }
        }
    }

    /// A line that stays, above the one that moves.
    func note(_ text: String) {
        guard !quiet else { return }
        state.withLock { state in
            erase(&state)
            StandardError.write(text + "\n")
        }
    }

    /// Takes the moving line away.
    func end() {
        state.withLock { state in
            state.spinner?.cancel()
            state.spinner = nil
            erase(&state)
            state.text = ""
        }
    }

    private static func spin(_ line: ProgressLine?) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(120))
            line?.state.withLock { state in if state.spinner != nil, !Task.isCancelled { line?.draw(&state) } }
        }
    }

    private func draw(_ state: inout State) {
        let (seconds, attoseconds) = elapsed.components
        let frame = Self.frames[Int((seconds * 10 + attoseconds / 100_000_000_000_000_000) % Int64(Self.frames.count))]
        let mark = colour ? "\u{1B}[36m\(frame)\u{1B}[0m" : frame
        StandardError.write("\r\u{1B}[K\(mark) \(state.text)\(seconds > 0 ? " (\(seconds)s)" : "")")
        state.drawn = true
    }

    private func erase(_ state: inout State) {
        if state.drawn { StandardError.write("\r\u{1B}[K") }
        state.drawn = false
    }
}
