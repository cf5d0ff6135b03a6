import Foundation
import Glibc
import Testing

/// A program of the machine, run to its end. A thread waits for it, so that nothing else of this process does.
enum Tool {
    /// What it wrote on standard output.
    @discardableResult
    static func run(_ program: String, _ words: [String], in directory: URL) throws -> String {
        let output = directory.appending(path: "output-\(UUID().uuidString)").path
        defer { unlink(output) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var arguments = (["sh", "-c", "cd \"$0\" && exec \"$@\"", directory.path, program] + words).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        try #require(posix_spawn(&pid, "/bin/sh", &actions, nil, &arguments, environ) == 0, "\(program) can't be executed")
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        try #require(status == 0, "\(program) \(words.joined(separator: " "))")
        return try String(contentsOfFile: output, encoding: .utf8)
    }
}
