import FoundationEssentials
import Glibc
import StrictYAML

/// Where a dev cluster lives: configurations, logs, data, and what was started.
struct DevDirectory {
    let path: String

    /// `$XDG_STATE_HOME/berth/dev` where none is given.
    init(_ given: String?) throws {
        guard let given else {
            guard let state = UserDirectory.path(variable: "XDG_STATE_HOME", fallback: ".local/state") else {
                throw CommandFailure(.usage, "neither XDG_STATE_HOME nor HOME is set: give --directory")
            }
            path = "\(state)/berth/dev"
            return
        }
        guard !given.isEmpty, !given.utf8.contains(0) else { throw CommandFailure(.usage, "--directory needs a path") }
        var full = given
        if !given.hasPrefix("/") {
            guard let here = getcwd(nil, 0) else { throw CommandFailure(.failed, "the current folder is gone: give an absolute --directory") }
            full = String(cString: here) + "/" + given
            free(here)
        }
        while full.count > 1, full.hasSuffix("/") { full.removeLast() }
        // An agent's sockets lie in folders below this one, and a socket's path holds 107 bytes.
        guard full.utf8.count <= 200 else { throw CommandFailure(.usage, "the path \(full) is too long: choose a --directory of at most 200 bytes") }
        path = full
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }
    func configuration(of process: String) -> String { file("\(process).yaml") }
    func log(of process: String) -> String { file("\(process).log") }
    /// What the controller makes at its first start.
    var authority: String { "\(data(of: "controller"))/authority.pem" }
    func data(of process: String) -> String { file(process) }

    /// What its controller gave the first admin; nil before its first start.
    var adminToken: String? {
        guard let text = try? ConfigurationFile.text(data(of: "controller") + "/admin-token") else { return nil }
        return text.split(whereSeparator: \.isNewline).first.map(String.init)
    }

    func make() throws { try UserDirectory.make(path) }

    /// Held until the returned value goes.
    func lock() throws -> Lock {
        try make()
        return try Lock(file("lock"))
    }

    /// Takes away what a process left, and nothing else: the folder may be a person's own.
    func remove(_ processes: [String]) {
        for process in processes {
            for file in [configuration(of: process), log(of: process)] { unlink(file) }
            try? FileManager.default.removeItem(atPath: data(of: process))
        }
    }

    /// The folder itself goes when it is empty.
    func removeIfEmpty() {
        unlink(file("lock"))
        rmdir(path)
    }

    /// The end of a log, for saying why a process has ended.
    func tail(ofLog process: String, lines: Int) -> String {
        guard let text = try? ConfigurationFile.text(log(of: process)) else { return "" }
        return text.split(separator: "\n").suffix(lines).map { "  \($0)" }.joined(separator: "\n")
    }

    final class Lock {
        private let descriptor: Int32

        init(_ path: String) throws {
            descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw CommandFailure(.failed, "cannot open \(path): \(String(cString: strerror(errno)))") }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                throw CommandFailure(
                    .conflict, "another `berth dev` is at work on this cluster (it holds \(path)): wait for it")
            }
        }

        deinit { close(descriptor) }
    }
}
