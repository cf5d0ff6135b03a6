import Agent
import ArgumentParser
import ClusterModel
import Glibc

struct ImageBuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build an image from Debian packages.",
        discussion: """
            tiny: Debian's cloud kernel and busybox. It boots in seconds, prints what it knows of itself on its
            console, and answers there with a shell.
              berth image build tiny --output tiny.tar

            debian: Debian with its cloud kernel, cloud-init, sshd and qemu-guest-agent; an ordinary disk that boots from
            BIOS and is logged in to with an imported key. It takes a minute or two, and 512 MiB of memory to run.
              berth image build debian --output debian.qcow2
              berth image import debian.qcow2 --os debian --cloud-init nocloud
            """)

    enum Kind: String, ExpressibleByArgument, CaseIterable { case tiny, debian }

    @Argument(help: "What to build.")
    var kind: Kind

    @Option(help: "Of the tiny image: x86_64 or aarch64; this machine's when absent.")
    var architecture: Architecture?

    @Flag(help: "With qemu-guest-agent in the tiny image, for exec and cp.")
    var guestAgent = false

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
            case .tiny:
                try await TinyImage(cache: cache, architecture: architecture ?? ImageFileName.thisArchitecture, guestAgent: guestAgent) {
                    progress.show($0)
                }.build(to: output)
            case .debian:
                guard architecture ?? .x86_64 == .x86_64 else {
                    throw CommandFailure(.usage, "the Debian image boots from BIOS, which only x86_64 has")
                }
                try await DebianImage { progress.show($0) }.build(to: output)
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
        progress.end()
        if !quiet { StandardError.write("built \(output) after \(HumanText.took(progress.elapsed))\n") }
    }
}
