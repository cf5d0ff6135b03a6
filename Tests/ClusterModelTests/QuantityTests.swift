import ClusterModel
import Testing

@Suite("quantities")
struct QuantityTests {
    @Test(
        "what is written is read back as the same amount",
        arguments: [("512MiB", 512), ("1.5GiB", 1536), ("2TiB", 2 << 20), ("4G", 4096), ("0.5Gi", 512)])
    func memory(text: String, mebibytes: Int64) throws { #expect(try Quantity.memory(text) == MiB(mebibytes)) }

    @Test(
        "no number traps, whatever its size or shape",
        arguments: [
            "9223372036854775807GiB", "99999999999999999999MiB", "1e9GiB", "-1MiB", "+1MiB", "MiB", "", "1.MiB", ".5GiB", "0.0000001GiB", "٣MiB",
            "nanMiB",
            "1.5.5GiB", "0x10MiB", "1 GiB",
        ])
    func badMemory(text: String) {
        #expect(throws: Quantity.Invalid.self) { try Quantity.memory(text) }
    }

    @Test("vCPUs are whole, decimal or in thousandths, and nothing finer")
    func cpu() throws {
        #expect(try Quantity.cpu("2") == MilliCPU(2000))
        #expect(try Quantity.cpu("0.25") == MilliCPU(250))
        #expect(try Quantity.cpu("1500m") == MilliCPU(1500))
        #expect(throws: Quantity.Invalid.self) { try Quantity.cpu("0.0001") }
        #expect(throws: Quantity.Invalid.self) { try Quantity.cpu("9223372036854775807") }
    }

    @Test("amounts are shown in the largest unit that keeps them exact to a tenth")
    func shown() {
        #expect("\(MiB(512))" == "512 MiB")
        #expect("\(MiB(1536))" == "1.5 GiB")
        #expect("\(MiB(1025))" == "1025 MiB")
        #expect("\(MiB(2 << 20))" == "2 TiB")
        #expect("\(MiB(.max))".hasSuffix(" MiB"))
        #expect("\(MilliCPU(1500))" == "1.5")
        #expect("\(MilliCPU(-250))" == "-0.25")
        #expect("\(Milliseconds(90_000))" == "90s")
        #expect("\(Milliseconds(120_000))" == "2m")
    }
}
