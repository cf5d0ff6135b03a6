import Agent
import Testing

@Suite("the processor that guests see under KVM")
struct ProcessorTests {
    private static let westmere: Set = [
        "lm", "nx", "syscall", "fxsr", "pni", "ssse3", "cx16", "sse4_1", "sse4_2", "popcnt", "aes", "pclmulqdq", "lahf_lm",
    ]

    @Test("a machine that can be it shows the pooled one, whatever else it can; one that lacks a flag shows its own")
    func standard() {
        #expect(QEMUSettings.standardProcessor(flags: Self.westmere) == "Westmere-v1")
        #expect(QEMUSettings.standardProcessor(flags: Self.westmere.union(["avx2", "avx512f"])) == "Westmere-v1")
        for flag in Self.westmere { #expect(QEMUSettings.standardProcessor(flags: Self.westmere.subtracting([flag])) == "host") }
    }

    @Test("a node promises no ability that its guests' processor hides")
    func traits() {
        let flags = Self.westmere.union(["avx", "avx2"])
        #expect(MachineFacts.traits(of: "host", flags: flags) == ["kvm.native", "cpu.aes", "cpu.avx", "cpu.avx2"])
        #expect(MachineFacts.traits(of: "Westmere-v1", flags: flags) == ["kvm.native", "cpu.aes"])
        #expect(MachineFacts.traits(of: "Nehalem-v1", flags: flags) == ["kvm.native"])
    }
}
