import Agent
import ArgumentParser
import Glibc

struct ImageBuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build an image from Debian packages.",
        discussion: """
            tiny: Debian's cloud kernel and busybox. It boots in seconds, prints what it knows of itself on its
            console, and answers there with a shell.
              berth image build tiny --output tiny.tar
            """)

    enum Kind: String, ExpressibleByArgument, CaseIterable { case tiny }

    @Argument(help: "What to build.")
    var kind: Kind

    @Option(name: [.short, .long], help: ArgumentHelp("Where to write it.", valueName: "file"), completion: .file())
    var output: String

    @Option(
        help: ArgumentHelp("Where packages are kept for the next time, instead of $XDG_CACHE_HOME/berth/packages.", valueName: "folder"),
        completion: .directory)
    var cache: String?

    @Flag(name: [.short, .long], help: "Show no progress on standard error; errors are still shown.")
    var quiet = false

    func run() async throws {
        guard let cache = cache ?? UserDirectory.path(variable: "XDG_CACHE_HOME", fallback: ".cache").map({ $0 + "/berth/packages" }) else {
            throw CommandFailure(.usage, "neither XDG_CACHE_HOME nor HOME is set: give --cache")
        }
        let progress = ProgressLine(quiet: quiet)
        defer { progress.end() }
        do {
            switch kind {
            case .tiny: try await TinyImage(cache: cache) { progress.show($0) }.build(to: output)
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
        progress.end()
        if !quiet { StandardError.write("built \(output) after \(HumanText.took(progress.elapsed))\n") }
    }
}
