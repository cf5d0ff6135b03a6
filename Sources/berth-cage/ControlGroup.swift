import Glibc

/// A cgroup (version 2) of one instance: all of its processes end at one word, and none of them can leave.
struct ControlGroup {
    private let path: String

    /// Nil where the kernel gives none; the VMM runs all the same, and a signal ends it.
    init?(_ path: String, holding process: pid_t) {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST, Self.write("\(process)", to: "\(path)/cgroup.procs") else {
            rmdir(path)
            return nil
        }
        self.path = path
    }

    /// Of an instance whose cage has made it.
    init(of name: String, under directory: String) { path = "\(directory)/\(name)" }

    func kill() { _ = Self.write("1", to: "\(path)/cgroup.kill") }

    func remove() {
        kill()
        // What was killed is gone within moments; an empty group that stays does no harm and is used again.
        for _ in 0..<50 where rmdir(path) != 0 && errno == EBUSY { usleep(2000) }
    }

    private static func write(_ word: String, to path: String) -> Bool {
        let file = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return false }
        defer { close(file) }
        let bytes = Array(word.utf8)
        return bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) } == bytes.count
    }
}
