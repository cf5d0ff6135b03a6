import Glibc

/// `berth-cage --directory DIR --log-limit BYTES [--lease FILE --registry DIR] [--cgroup DIR] [--tap] -- VMM ARGUMENTS…`: files and sockets have fixed names in DIR, which becomes the VMM's working directory.
struct CageArguments {
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
    /// The VMM's path and its arguments. Descriptor 3 is its serial port.
    var command: [String] = []

    init(_ words: [String]) throws(CageFailure) {
        var rest = words.dropFirst()
        while let word = rest.popFirst() {
            switch word {
            case "--directory": directory = rest.popFirst() ?? ""
            case "--log-limit":
                guard let limit = rest.popFirst().flatMap({ Int($0) }), limit >= 4096 else {
                    throw CageFailure("--log-limit needs a number from 4096")
                }
                logLimit = limit
            case "--lease": lease = rest.popFirst() ?? ""
            case "--registry": registry = rest.popFirst() ?? ""
            case "--cgroup": group = rest.popFirst() ?? ""
            case "--tap": hasTap = true
            case "--":
                command = Array(rest)
                rest = []
            default: throw CageFailure("unknown argument \(word)")
            }
        }
        guard lease.isEmpty == registry.isEmpty, [lease, registry, group].allSatisfy({ $0.isEmpty || $0.hasPrefix("/") }) else {
            throw CageFailure("--lease and --registry go together, and they and --cgroup are absolute paths")
        }
        guard !directory.isEmpty, let program = command.first, program.hasPrefix("/") else {
            throw CageFailure(
                "usage: berth-cage --directory DIR [--log-limit BYTES] [--lease FILE --registry DIR] [--cgroup DIR] -- /PATH/OF/VMM ARGUMENTS")
        }
    }
}

struct CageFailure: Error {
    let sentence: String
    init(_ sentence: String) { self.sentence = sentence }

    /// "what: No such file or directory".
    init(_ what: String, code: Int32 = errno) { sentence = "\(what): \(String(cString: strerror(code)))" }
}
