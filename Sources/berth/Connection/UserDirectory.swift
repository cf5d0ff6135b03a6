import Glibc

/// The folders that the XDG base directory specification gives a person, and files put into them whole.
enum UserDirectory {
    /// The variable's value where it is an absolute path, as the specification demands, else the folder under HOME.
    static func path(variable: String, fallback: String) -> String? {
        if let value = getenv(variable), value.pointee == UInt8(ascii: "/") { return String(cString: value) }
        guard let home = getenv("HOME"), home.pointee != 0 else { return nil }
        return "\(String(cString: home))/\(fallback)"
    }

    /// Makes the folder and those above it.
    static func make(_ path: String, mode: mode_t = 0o700) throws {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            guard mkdir(made, mode) == 0 || errno == EEXIST else {
                throw CommandFailure(.failed, "cannot make the folder \(made): \(String(cString: strerror(errno)))")
            }
        }
    }

    /// A reader sees the old text or the new, never half of it.
    static func replace(_ path: String, with text: String, mode: mode_t = 0o644) throws {
        let draft = "\(path).\(getpid()).new"
        func failure() -> CommandFailure { CommandFailure(.failed, "cannot write \(path): \(String(cString: strerror(errno)))") }
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure() }
        var text = text
        let written =
            text.withUTF8 { FileDescriptorWriting.writeAll(UnsafeRawBufferPointer($0), to: descriptor) } && fsync(descriptor) == 0
        let failed = written ? nil : failure()
        close(descriptor)
        if let failed {
            unlink(draft)
            throw failed
        }
        guard rename(draft, path) == 0 else {
            let failed = failure()
            unlink(draft)
            throw failed
        }
    }
}
