import ArgumentParser
import ClusterAPI
import ClusterModel
import Glibc

struct SSH: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ssh",
        abstract: "Log in to an instance by SSH, wherever it runs.",
        discussion: """
            berth ssh dev
            berth ssh dev -- uname -a
            berth ssh dev --user root --identity ~/.ssh/work

            The way there is `berth port-forward`, so the instance needs no address that can be reached from here.
            """)

    @Argument(help: "A name or an id.", transform: ArgumentText.reference)
    var instance: String

    @Option(name: [.short, .long], help: "The user; what the image's operating system calls its first when absent.")
    var user: String?

    @Option(name: [.short, .long], help: ArgumentHelp("The private key.", valueName: "file"), completion: .file())
    var identity: String?

    @Argument(parsing: .postTerminator, help: ArgumentHelp("A command to run there, after --.", valueName: "command"))
    var command: [String] = []

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let client = try connection.client()
        let found = try await client.instance(instance)
        guard found.status.state == .running else {
            throw CommandFailure(.conflict, "\(found.name) is \(found.status.state.rawValue); only a running instance can be logged in to")
        }
        var user = self.user
        if user == nil {
            let image = try? await client.image(found.spec.image.digest.hex)
            user = image?.os.map { Self.firstUsers[$0.lowercased()] ?? $0.lowercased() }
        }
        let known = try Self.knownHosts()
        // The id and not the name, which may be another's tomorrow.
        var words = ["ssh", "-o", "ProxyCommand=\(try proxy(found.id))", "-o", "HostKeyAlias=berth-\(found.id)"]
        words += ["-o", "UserKnownHostsFile=\(known)", "-o", "StrictHostKeyChecking=accept-new", "-o", "CheckHostIP=no"]
        if connection.quiet { words.append("-q") }
        if let identity { words += ["-i", identity, "-o", "IdentitiesOnly=yes"] }
        if let user { words += ["-l", user] }
        try Self.become(words + ["--", found.name.text] + command)
    }

    private static let firstUsers = ["debian": "debian", "ubuntu": "ubuntu", "fedora": "fedora", "alpine": "alpine", "rocky": "rocky"]

    private func proxy(_ id: InstanceID) throws -> String {
        guard let own = realpath("/proc/self/exe", nil) else { throw CommandFailure(.failed, "cannot find this program's own path") }
        defer { free(own) }
        let address = try connection.address()
        // ssh gives this to a shell, and reads percent signs itself.
        var words = [String(cString: own), "port-forward", "\(id)", "22", "--quiet", "--endpoint", address.endpoint]
        if let token = address.token { words += ["--token", token] }
        return words.map { "'" + $0.replacing("'", with: "'\\''").replacing("%", with: "%%") + "'" }.joined(separator: " ")
    }

    private static func knownHosts() throws -> String {
        guard let directory = UserDirectory.path(variable: "XDG_DATA_HOME", fallback: ".local/share").map({ $0 + "/berth" }) else {
            throw CommandFailure(.usage, "neither XDG_DATA_HOME nor HOME is set: there is no place for the hosts' keys")
        }
        try UserDirectory.make(directory)
        return "\(directory)/known_hosts"
    }

    /// From here on this process is ssh, with the terminal and the exit code.
    private static func become(_ words: [String]) throws {
        var arguments = words.map { strdup($0) } + [nil]
        execvp("ssh", &arguments)
        let why = errno == ENOENT ? "install it with: apt-get install openssh-client" : String(cString: strerror(errno))
        throw CommandFailure(.failed, "ssh can't be executed: \(why)")
    }
}
