import Glibc

/// What the cage is told on its command line. Files and sockets have fixed names in the directory, beneath which `vmm` is the VMM's working directory.
struct CageArguments {
    static let usage =
        "usage: berth-cage --directory DIR [--log-limit BYTES] [--lease FILE --registry DIR] [--cgroup DIR] [--tap] [--listen NAME]… "
        + "[--read-only PATH | --read-write PATH]… [--file-size BYTES] [--users FILE FIRST COUNT [--processes N] [--own-network] [--show PATH]… "
        + "[--device PATH]…] -- /PATH/OF/VMM ARGUMENTS"

    var directory = ""
    /// Of one of the two files that the console's log rotates through.
    var logLimit = 1 << 20
    /// Of a fenced instance: the node's lease, and where its fenced VMMs are registered.
    var lease = ""
    var registry = ""
    /// The instance's cgroup, to be made.
    var group = ""
    /// Descriptor 4 is a tap device, and the VMM's descriptor 4 too.
    var hasTap = false
    /// Names of sockets that the VMM listens on, and files that it gets open: its descriptors from 5 on, the sockets first.
    var sockets: [String] = []
    var files: [(path: String, flags: Int32)] = []
    var fileSize: UInt64 = 0
    /// With users the VMM has a root and a user of its own.
    var users: VMMUsers?
    var processes: UInt64 = 0
    var hasOwnNetwork = false
    var shown: [String] = []
    var devices: [String] = []
    /// The VMM's path and its arguments. Descriptor 3 is its serial port.
    var command: [String] = []

    init(_ words: [String]) throws(CageFailure) {
        var rest = words.dropFirst()
        while let word = rest.popFirst() {
            switch word {
            case "--directory": directory = rest.popFirst() ?? ""
            case "--log-limit": logLimit = Int(clamping: try Self.number(word, rest.popFirst(), from: 4096))
            case "--lease": lease = rest.popFirst() ?? ""
            case "--registry": registry = rest.popFirst() ?? ""
            case "--cgroup": group = rest.popFirst() ?? ""
            case "--tap": hasTap = true
            case "--listen": sockets.append(rest.popFirst() ?? "")
            case "--read-only": files.append((rest.popFirst() ?? "", O_RDONLY))
            case "--read-write": files.append((rest.popFirst() ?? "", O_RDWR))
            case "--file-size": fileSize = try Self.number(word, rest.popFirst(), from: 1)
            case "--users":
                let file = rest.popFirst() ?? ""
                let first = try Self.number(word, rest.popFirst(), from: 1)
                users = VMMUsers(file: file, first: UInt32(clamping: first), count: UInt32(clamping: try Self.number(word, rest.popFirst(), from: 1)))
            case "--processes": processes = try Self.number(word, rest.popFirst(), from: 1)
            case "--own-network": hasOwnNetwork = true
            case "--show": shown.append(rest.popFirst() ?? "")
            case "--device": devices.append(rest.popFirst() ?? "")
            case "--":
                command = Array(rest)
                rest = []
            default: throw CageFailure("unknown argument \(word)")
            }
        }
        let paths = [lease, registry, group, users?.file ?? ""].filter { !$0.isEmpty } + shown + devices
        guard lease.isEmpty == registry.isEmpty, paths.allSatisfy({ $0.hasPrefix("/") }) else {
            throw CageFailure("--lease and --registry go together, and paths of directories and devices are absolute")
        }
        guard users == nil || directory.hasPrefix("/") else { throw CageFailure("with --users the directory is an absolute path") }
        guard !directory.isEmpty, let program = command.first, program.hasPrefix("/") else { throw CageFailure(Self.usage) }
    }

    private static func number(_ option: String, _ word: String?, from least: UInt64) throws(CageFailure) -> UInt64 {
        guard let number = word.flatMap({ UInt64($0) }), number >= least else { throw CageFailure("\(option) needs a number from \(least)") }
        return number
    }
}

struct CageFailure: Error {
    let sentence: String
    init(_ sentence: String) { self.sentence = sentence }

    /// "what: No such file or directory".
    init(_ what: String, code: Int32 = errno) { sentence = "\(what): \(String(cString: strerror(code)))" }
}
