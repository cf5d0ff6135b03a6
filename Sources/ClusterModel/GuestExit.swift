import FoundationEssentials

/// A program to run in a guest, through the agent in it.
package struct GuestProgram: Hashable, Sendable, Codable {
    package var words: [String]
    package var input: Data?
    package var timeout: Milliseconds

    package static let wordsLimit = 1024
    package static let inputLimit = 256 << 10
    package static let longest = Milliseconds(seconds: 3600)

    package init(words: [String], input: Data?, timeout: Milliseconds) {
        self.words = words
        self.input = input
        self.timeout = timeout
    }
}

/// How a program in a guest ended; or why it was not run.
package struct GuestExit: Hashable, Sendable, Codable {
    package var exitCode: Int32?
    package var signal: Int32?
    package var output: Data
    package var errors: Data
    /// The guest's agent kept only the beginning of what it wrote.
    package var isCut: Bool
    package var failure: String?

    package init(
        exitCode: Int32? = nil, signal: Int32? = nil, output: Data = Data(), errors: Data = Data(), isCut: Bool = false, failure: String? = nil
    ) {
        self.exitCode = exitCode
        self.signal = signal
        self.output = output
        self.errors = errors
        self.isCut = isCut
        self.failure = failure
    }
}
