import Glibc

/// Data for people and scripts. Whoever reads it may stop reading, which is no failure of ours.
package enum StandardOutput {
    package static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    package static func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
    }

    package static func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard FileDescriptorWriting.writeAll(bytes, to: STDOUT_FILENO) else {
            if errno == EPIPE { throw ClosedPipe() }
            throw CommandFailure(.failed, "cannot write to standard output: \(String(cString: strerror(errno)))")
        }
    }
}

/// Nobody reads standard output any more, as after `| head`.
package struct ClosedPipe: Error {
    package init() {}
}

/// Progress and errors.
enum StandardError {
    static let isTerminal = isatty(STDERR_FILENO) == 1

    static func write(_ text: String) {
        var text = text
        _ = text.withUTF8 { FileDescriptorWriting.writeAll(UnsafeRawBufferPointer($0), to: STDERR_FILENO) }
    }
}
