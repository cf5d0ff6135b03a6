import Glibc
import Synchronization

/// The terminal without line editing, echo and signals. Whoever ends the program gives it back as it was.
enum RawTerminal {
    private static let saved = Mutex<termios?>(nil)

    /// False where standard input is no terminal.
    static func enter() -> Bool {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return false }
        let before = settings
        saved.withLock { $0 = before }
        cfmakeraw(&settings)
        guard tcsetattr(STDIN_FILENO, TCSADRAIN, &settings) == 0 else {
            saved.withLock { $0 = nil }
            return false
        }
        return true
    }

    /// Harmless when nothing is to be restored.
    static func restore() {
        saved.withLock { saved in
            guard var before = saved else { return }
            tcsetattr(STDIN_FILENO, TCSADRAIN, &before)
            saved = nil
        }
    }
}
