import Glibc

/// What the cage tells: one line to the agent on descriptor 3 while somebody reads there, and files for whoever comes later.
enum Report {
    static let descriptor: Int32 = 3

    static func started() {
        send("started\n")
        close(descriptor)
    }

    static func failed(_ sentence: String) { send("failed \(sentence)\n") }

    static func toStandardError(_ sentence: String) { put("berth-cage: \(sentence)\n", to: 2) }

    private static func send(_ line: String) { put(line, to: descriptor) }

    private static func put(_ line: String, to descriptor: Int32) {
        let bytes = Array(line.utf8)
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }

    /// Whole or not at all: written beside its place and moved there.
    static func file(_ name: String, _ text: String) throws(CageFailure) {
        let temporary = name + ".new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw CageFailure("cannot write \(name)", code: errno) }
        let bytes = Array(text.utf8)
        let written = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        let why = errno
        close(file)
        guard written == bytes.count else { throw CageFailure("cannot write \(name)", code: written < 0 ? why : ENOSPC) }
        guard rename(temporary, name) == 0 else { throw CageFailure("cannot write \(name)", code: errno) }
    }
}
