import ClusterModel
import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// What the machine really has.
package enum MachineFacts {
    static func total(dataDirectory: String) -> Resources {
        Resources(cpu: MilliCPU(vcpus: Int64(sysconf(Int32(_SC_NPROCESSORS_ONLN)))), memory: memory(), disk: disk(dataDirectory))
    }

    /// A default that keeps a node alive: what its own system, the agent and the page cache need at least.
    static func reserved(of total: Resources) -> Resources {
        Resources(
            cpu: .zero, memory: MiB(min(total.memory.count / 2, 384 + total.memory.count / 50)),
            disk: MiB(min(total.disk.count / 2, 1024 + total.disk.count / 50)))
    }

    private static func memory() -> MiB {
        guard let text = DurableFile.read("/proc/meminfo", limit: 4096).map({ String(decoding: $0, as: UTF8.self) }) else { return .zero }
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
        let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap { Int64($0) }
        return MiB((kibibytes ?? 0) >> 10)
    }

    private static func disk(_ directory: String) -> MiB {
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else { return .zero }
        return MiB(Int64(clamping: UInt64(status.f_blocks).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue >> 20))
    }

    package static func architecture() -> Architecture { Architecture(rawValue: systemName().machine) ?? .x86_64 }

    static func kernel() -> String { systemName().release }

    private static func systemName() -> (machine: String, release: String) {
        var name = utsname()
        guard uname(&name) == 0 else { return ("", "") }
        return (text(of: &name.machine), text(of: &name.release))
    }

    private static func text<Tuple>(of field: inout Tuple) -> String {
        withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// Nil where the binary is missing or does not say.
    static func version(ofQEMU binary: String) async -> String? {
        guard
            let result = try? await run(
                .path(FilePath(binary)), arguments: ["--version"], output: .string(limit: 4096), error: .discarded)
        else { return nil }
        let words = result.standardOutput.split { $0 == " " || $0 == "\n" }
        guard let word = words.firstIndex(of: "version"), word + 1 < words.endIndex else { return nil }
        return Printable(String(words[word + 1]), limit: 40).description
    }

    /// Its name and a sum over its abilities.
    static func processor() -> String {
        let text = DurableFile.read("/proc/cpuinfo", limit: 16 << 10).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let lines = text.split(separator: "\n")
        let name = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last.map { $0.drop { $0 == " " } } ?? "unknown"
        let flags = lines.first { $0.hasPrefix("flags") || $0.hasPrefix("Features") } ?? ""
        let sum = flags.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return "\(Printable(String(name), limit: 60)) \(String(sum, radix: 16))"
    }

    /// Abilities that a guest under native KVM gets. Under TCG it sees QEMU's processor, whatever this machine's can do.
    package static func traits(of processor: String, flags: Set<String>) -> [String] {
        let known =
            switch processor {
            case QEMUSettings.ownProcessor: ["aes", "avx", "avx2", "avx512f", "sha_ni"]
            case QEMUSettings.pooledProcessor: ["aes"]
            // Nothing is promised of what an operator has named.
            default: [String]()
            }
        return ["kvm.native"] + known.filter { flags.contains($0) }.map { "cpu.\($0)" }
    }

    static func flags() -> Set<String> {
        let text = DurableFile.read("/proc/cpuinfo", limit: 16 << 10).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("flags") }
        return Set((line ?? "").split(separator: " ").map(String.init))
    }

    /// Memory of QEMU beside its guest's: its code and tables, and under TCG the translation buffer.
    /// QEMU 7.2 under TCG was seen to hold 85 to 93 MiB beside guests of 128 and 512 MiB with 1 and 4 vCPUs, busy and idle, 32 of them
    /// the buffer. The rest is room to spare, since memory that is not counted is memory that the OOM killer finds.
    static func overhead(_ settings: QEMUSettings) -> MiB {
        switch settings.accelerator {
        case .tcg: MiB(72) + settings.translationBuffer
        case .kvm, .emulatedKVM: MiB(64)
        }
    }
}
