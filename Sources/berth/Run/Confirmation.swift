import Glibc

/// A question before something that can't be taken back.
enum Confirmation {
    /// Throws unless the answer is yes. Where nobody can be asked, --yes is needed.
    static func ask(_ question: String, yes: Bool) throws {
        if yes { return }
        guard StandardInput.isTerminal, StandardError.isTerminal else {
            throw CommandFailure(.usage, "nobody can be asked here; add --yes to go on")
        }
        StandardError.write("\(question) [y/N] ")
        let answer = readLine()?.lowercased() ?? ""
        guard answer == "y" || answer == "yes" else { throw CommandFailure(.interrupted, "nothing was changed") }
    }
}
