import Agent
import AgentDecisions
import ClusterModel
import Foundation
import Testing

@Suite("KVM", .serialized)
struct KVMTests {
    private static let hasKVM = FileManager.default.fileExists(atPath: "/dev/kvm")

    @Test("the probe tells within seconds what /dev/kvm is worth")
    func probe() {
        let began = ContinuousClock.now
        let finding = KVMProbe.run()
        #expect(ContinuousClock.now - began < .seconds(5))
        print("the probe's finding:", finding)
        switch finding {
        case .absent: #expect(!Self.hasKVM)
        case .refused(let reason): #expect(Self.hasKVM && !reason.isEmpty)
        case .emulated(let rate): #expect(Self.hasKVM && rate > 1000 && rate < KVMProbe.nativeFrom)
        case .native(let rate): #expect(Self.hasKVM && rate >= KVMProbe.nativeFrom)
        }
    }

    /// Prints "KVM" on COM1 and leaves with status 33 through isa-debug-exit.
    private static var bootSector: Data {
        var code: [UInt8] = [0x31, 0xC0, 0x8E, 0xD8, 0xFC, 0xBE, 0x1D, 0x7C]
        code += [0xAC, 0x08, 0xC0, 0x74, 0x06, 0xBA, 0xF8, 0x03, 0xEE, 0xEB, 0xF5]
        code += [0xBA, 0xF4, 0x00, 0xB0, 0x10, 0xEE, 0xF4, 0xEB, 0xFD, 0x90]
        code += Array("KVM\r\n\0".utf8)
        return Data(code + [UInt8](repeating: 0, count: 510 - code.count) + [0x55, 0xAA])
    }

    @Test("a guest of 512 bytes runs under the machine's own KVM", .enabled(if: hasKVM, "this machine has no /dev/kvm"), .timeLimit(.minutes(3)))
    func bootSector() async throws {
        let accelerator: QEMUSettings.Accelerator
        switch KVMProbe.run() {
        case .native: accelerator = .kvm
        case .emulated: accelerator = .emulatedKVM
        case .absent, .refused: return
        }
        let scratch = try Scratch()
        let content = Self.bootSector
        let node = try await LocalNode(
            scratch.path, serving: content, more: ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"], accelerator: accelerator)
        let instance = desired(TinyGuest.reference(content, .raw), memory: 16, disk: 1, restart: .never)
        await node.keeper.apply([instance], full: true)
        let ended = try await node.wait(instance.id, for: .failed, within: 120)
        #expect(ended.reason == "its VMM ended with status 33, and its policy is to restart never")
        #expect(node.console(instance.id).contains("KVM\r\n"))
        try await node.destroy(instance)
    }
}
