import CSpawn
import CageDecisions
import Glibc

/// The node's lease as the agent keeps it: one record in one file, read again and again through the same descriptor.
struct LeaseFile {
    private static let attempts = 8

    private let descriptor: Int32

    init(_ path: String) throws(CageFailure) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CageFailure("cannot open the lease \(path)", code: errno) }
    }

    /// A reading that meets a writing is tried again; what stays torn is nothing that anybody believes.
    func read() -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Self.attempts {
            bytes = [UInt8](repeating: 0, count: LeaseRecord.size + 1)
            let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
            bytes.removeLast(bytes.count - max(0, count))
            if LeaseRecord(bytes) != nil { break }
        }
        return bytes
    }

    static func boot() throws(CageFailure) -> BootID {
        guard let boot = BootID(bootText()) else { throw CageFailure("cannot read /proc/sys/kernel/random/boot_id", code: errno) }
        return boot
    }

    static func bootText() -> String {
        let file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 36)
        let count = text.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
        return String(decoding: text.prefix(max(0, count)), as: UTF8.self)
    }
}
