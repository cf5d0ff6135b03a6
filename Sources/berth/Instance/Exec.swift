import ArgumentParser
import ClusterAPI
import ClusterModel
import FoundationEssentials

struct Exec: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a program in an instance through qemu-guest-agent, without network or login.",
        discussion: """
            berth exec dev -- /usr/bin/cloud-init status --long
            berth exec dev --stdin -- /usr/bin/tee /etc/motd <motd

            Its output comes when it has ended, and its exit code is this command's. It runs as the guest's agent does: as root.
            """)

    @Argument(help: "A name or an id.", transform: ArgumentText.reference)
    var instance: String

    @Flag(help: "Give it standard input, at most 256 KiB.")
    var stdin = false

    @Option(help: ArgumentHelp("How long it may take, such as 30s; 1m when absent.", valueName: "time"), transform: ArgumentText.time)
    var timeout = Milliseconds(seconds: 60)

    @Argument(parsing: .postTerminator, help: ArgumentHelp("The program's path and its arguments, after --.", valueName: "program"))
    var program: [String]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let input = try stdin ? InputFile.read("-", limit: GuestProgram.inputLimit) : nil
        let stream = try await client.openStream(.program(GuestProgram(words: program, input: input, timeout: timeout)), of: instance)
        var answer = Data()
        for try await piece in try await client.output(of: stream) {
            answer.append(piece)
            guard answer.count < 64 << 20 else { throw CommandFailure(.failed, "the program's output is too large") }
        }
        guard let exit = try? JSONDecoder().decode(GuestExit.self, from: answer) else {
            throw CommandFailure(.failed, "\(instance): the node did not say how the program ended")
        }
        if let failure = exit.failure { throw CommandFailure(.failed, "\(instance): \(failure)") }
        try exit.output.withUnsafeBytes { try StandardOutput.write($0) }
        StandardError.write(String(decoding: exit.errors, as: UTF8.self))
        if exit.isCut { StandardError.write("berth: the guest's agent kept only the beginning of the output\n") }
        // As a shell tells of a signal.
        let code = exit.signal.map { 128 + $0 } ?? exit.exitCode ?? 0
        if code != 0 { throw ExitCode(code) }
    }
}
