import CSpawn
import CageDecisions
import Glibc

/// The node's fenced VMMs, a file for each, so that the guard finds those whose cage can't end them.
struct Registry {
    struct Entry {
        var name: String
        var vmm: FencedVMM
        var cage: FencedVMM

        var vmmLives: Bool { cspawn_start_time(vmm.pid) == vmm.startTime }
        var cageLives: Bool { cspawn_start_time(cage.pid) == cage.startTime }
    }

    /// Beside an entry: the guard has ended its VMM.
    private static let over = ".over"
    private static let limit = 4096

    let directory: String
    /// Entries of another are nobody's: their pids are others' by now.
    let boot: BootID

    func add(_ name: String, _ vmm: FencedVMM, cage: FencedVMM) throws(CageFailure) {
        try Report.file("\(directory)/\(name)", "\(vmm.pid) \(vmm.startTime) \(cage.pid) \(cage.startTime) \(boot.high) \(boot.low)\n")
    }

    func remove(_ name: String) {
        unlink("\(directory)/\(name)")
        unlink("\(directory)/\(name)\(Self.over)")
    }

    func noteEnded(_ entry: Entry) {
        try? Report.file("\(directory)/\(entry.name)\(Self.over)", "\(entry.vmm.pid) \(entry.vmm.startTime)\n")
    }

    /// The guard has ended this very VMM.
    func wasEnded(_ name: String, _ vmm: FencedVMM) -> Bool { Self.numbers("\(directory)/\(name)\(Self.over)") == [UInt64(vmm.pid), vmm.startTime] }

    /// Every entry whose VMM or cage lives; what is left of others is taken away.
    func living() -> [Entry] {
        guard let folder = opendir(directory) else { return [] }
        defer { closedir(folder) }
        var entries: [Entry] = []
        while entries.count < Self.limit, let item = readdir(folder) {
            let name = withUnsafePointer(to: &item.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
            // An instance's id; what the guard and the writing of files leave beside has other names.
            guard name.utf8.count == 36, !name.utf8.contains(0x2E) else { continue }
            let numbers = Self.numbers("\(directory)/\(name)")
            guard numbers.count == 6, BootID(high: numbers[4], low: numbers[5]) == boot, let pid = Int32(exactly: numbers[0]),
                let cage = Int32(exactly: numbers[2])
            else {
                remove(name)
                continue
            }
            let entry = Entry(
                name: name, vmm: FencedVMM(pid: pid, startTime: numbers[1]), cage: FencedVMM(pid: cage, startTime: numbers[3]))
            if entry.vmmLives || entry.cageLives { entries.append(entry) } else { remove(name) }
        }
        return entries
    }

    private static func numbers(_ path: String) -> [UInt64] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split { $0 == " " || $0 == "\n" }.compactMap { UInt64($0) }
    }
}
