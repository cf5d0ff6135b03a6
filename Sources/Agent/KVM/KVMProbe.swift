import CKVM
import ClusterModel
import Glibc
import Synchronization

/// Finds out what /dev/kvm is worth by running a guest on it: that it opens proves nothing.
package enum KVMProbe {
    /// Hardware runs a billion instructions a second and more, the software backends that were seen about two million.
    package static let nativeFrom: Int64 = 50_000_000

    private static let hardLimit = Duration.seconds(2)

    /// Takes `duration` and a little more, and never longer than two seconds on top.
    package static func run(for duration: Duration = .milliseconds(150)) -> KVMFinding {
        guard access("/dev/kvm", F_OK) == 0 else { return .absent }
        let guest: ProbeGuest
        do { guest = try ProbeGuest() } catch { return .refused(reason: error.description) }
        let outcome = guest.count(for: duration, limit: hardLimit)
        switch outcome {
        case .counted(let rate): return rate >= nativeFrom ? .native(instructionsPerSecond: rate) : .emulated(instructionsPerSecond: rate)
        case .failed(let why): return .refused(reason: why)
        }
    }
}

/// A guest in real mode that counts until it is told to halt.
private final class ProbeGuest: @unchecked Sendable {
    enum Outcome { case counted(perSecond: Int64), failed(String) }

    /// inc ecx; cmp byte [0x1800], 0; jz back to the start; hlt
    private static let code: [UInt8] = [0x66, 0x41, 0x80, 0x3E, 0x00, 0x18, 0x00, 0x74, 0xF7, 0xF4]
    private static let address: UInt64 = 0x1000
    private static let flagOffset = 0x800
    private static let instructionsPerRound = 3
    private static let haltReason: UInt32 = 5

    private let kvm: Int32
    private let vm: Int32
    private let vcpu: Int32
    private let sharedSize: Int
    private let shared: UnsafeMutableRawPointer
    private let memory: UnsafeMutableRawPointer
    private let result = Mutex<Int32?>(nil)

    init() throws(WorkFailure) {
        kvm = try Self.check(ckvm_open(), "opening /dev/kvm")
        let version = ckvm_api_version(kvm)
        guard version == 12 else { throw WorkFailure("/dev/kvm speaks version \(version) of its interface; 12 is known") }
        vm = try Self.check(ckvm_create_vm(kvm), "making a VM")
        vcpu = try Self.check(ckvm_create_vcpu(vm), "making a vCPU")
        sharedSize = Int(try Self.check(ckvm_shared_size(kvm), "asking for the size of a vCPU"))
        guard let area = mmap(nil, sharedSize, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0), area != MAP_FAILED,
            let page = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), page != MAP_FAILED
        else { throw WorkFailure("mapping the guest's memory failed: \(String(cString: strerror(errno)))") }
        shared = area
        memory = page
        memory.copyMemory(from: Self.code, byteCount: Self.code.count)
        _ = try Self.check(ckvm_set_memory(vm, Self.address, memory, 4096), "giving the guest memory")
        _ = try Self.check(ckvm_prepare(vcpu, Self.address), "setting the guest's registers")
    }

    deinit {
        munmap(shared, sharedSize)
        munmap(memory, 4096)
        for descriptor in [vcpu, vm, kvm] { close(descriptor) }
    }

    private static func check(_ result: Int32, _ what: String) throws(WorkFailure) -> Int32 {
        guard result >= 0 else { throw WorkFailure("\(what) failed: \(String(cString: strerror(-result)))") }
        return result
    }

    func count(for duration: Duration, limit: Duration) -> Outcome {
        // A signal makes the kernel leave a guest that does not halt; the handler itself has nothing to do.
        signal(SIGURG) { _ in }
        let began = ContinuousClock.now
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                let guest = Unmanaged<ProbeGuest>.fromOpaque(context).takeRetainedValue()
                let code = ckvm_run(guest.vcpu)
                guest.result.withLock { $0 = code }
                return nil
            }, context)
        _ = wait(until: began + duration)
        memory.storeBytes(of: 1, toByteOffset: Self.flagOffset, as: UInt8.self)
        if !wait(until: began + duration + .milliseconds(200)) {
            ckvm_leave(shared)
            while !wait(until: ContinuousClock.now + .milliseconds(10)), ContinuousClock.now < began + duration + limit {
                pthread_kill(thread, SIGURG)
            }
        }
        let took = ContinuousClock.now - began
        guard let code = result.withLock({ $0 }) else {
            pthread_detach(thread)
            return .failed("the guest could not be stopped")
        }
        pthread_join(thread, nil)
        return judge(code, took)
    }

    private func wait(until deadline: ContinuousClock.Instant) -> Bool {
        while ContinuousClock.now < deadline {
            if result.withLock({ $0 != nil }) { return true }
            usleep(1000)
        }
        return result.withLock { $0 != nil }
    }

    private func judge(_ code: Int32, _ took: Duration) -> Outcome {
        guard code == 0 || code == -EINTR else { return .failed("running the guest failed: \(String(cString: strerror(-code)))") }
        let reason = ckvm_exit_reason(shared)
        guard code == 0, reason == Self.haltReason else { return .failed("the guest did not halt (exit reason \(reason))") }
        var rounds: UInt64 = 0
        guard ckvm_counter(vcpu, &rounds) == 0, rounds > 0 else { return .failed("the guest did not count") }
        let (seconds, attoseconds) = took.components
        let microseconds = max(1, seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
        return .counted(perSecond: Int64(clamping: rounds) * Int64(Self.instructionsPerRound) * 1_000_000 / microseconds)
    }
}
