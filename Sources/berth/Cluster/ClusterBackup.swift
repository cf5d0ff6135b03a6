import ArgumentParser
import ClusterAPI
import FoundationEssentials
import Glibc

struct ClusterBackup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the controller's ledger to a file, while it goes on.",
        discussion: """
            The file is there whole or not at all. The bytes of images are not in it: keep what you imported, or
            copy the controller's “images” directory beside it.
              berth cluster backup ledger-monday.sqlite
            It is put back with “berth controller restore”.
            """)

    @Argument(help: ArgumentHelp("Where to write it.", valueName: "file"), completion: .file())
    var file: String

    @Flag(help: "Overwrite the file where it exists.")
    var force = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        guard force || access(file, F_OK) != 0 else { throw CommandFailure(.conflict, "\(file) exists already: give another name, or --force") }
        let progress = ProgressLine(quiet: connection.quiet)
        defer { progress.end() }
        progress.show("the controller copies its ledger")
        let arriving = "\(file).part"
        let descriptor = open(arriving, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CommandFailure(.failed, "\(arriving) can't be written: \(String(cString: strerror(errno)))") }
        defer {
            close(descriptor)
            unlink(arriving)
        }
        var bytes: Int64 = 0
        for try await piece in try await connection.client().backup() {
            guard piece.withUnsafeBytes({ FileDescriptorWriting.writeAll($0, to: descriptor) }) else {
                throw CommandFailure(.failed, "\(arriving) can't be written: \(String(cString: strerror(errno)))")
            }
            bytes += Int64(piece.count)
        }
        guard fsync(descriptor) == 0, rename(arriving, file) == 0 else {
            throw CommandFailure(.failed, "\(file) can't be written: \(String(cString: strerror(errno)))")
        }
        progress.end()
        if !connection.quiet { StandardError.write("wrote \(bytes) bytes to \(file) after \(HumanText.took(progress.elapsed))\n") }
    }
}
