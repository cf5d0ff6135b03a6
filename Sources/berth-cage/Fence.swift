import CSpawn
import CageDecisions
import Glibc

/// What holds one VMM to its node's lease.
struct Fence {
    /// Readable when it is time to look at the lease again.
    let timer: Int32
    private let file: LeaseFile
    private let registry: Registry
    private let name: String
    private var lease: CageLease

    /// - Parameter directory: the instance's, whose name is the instance's id.
    init(lease path: String, registry: String, directory: String) throws(CageFailure) {
        file = try LeaseFile(path)
        let boot = try LeaseFile.boot()
        lease = CageLease(boot: boot)
        self.registry = Registry(directory: registry, boot: boot)
        name = directory.split(separator: "/").last.map(String.init) ?? ""
        timer = cspawn_boot_timer()
        guard timer >= 0 else { throw CageFailure("cannot make a timer", code: -timer) }
    }

    /// Before the VMM may run.
    func register(_ vmm: FencedVMM) throws(CageFailure) {
        let own = getpid()
        try registry.add(name, vmm, cage: FencedVMM(pid: own, startTime: cspawn_start_time(own)))
    }

    func unregister() { registry.remove(name) }

    /// Asked last before the VMM is let go.
    mutating func mayStart() -> Bool {
        guard lease.mayStart(reading: file.read(), at: cspawn_boot_time()) else { return false }
        cspawn_boot_timer_set(timer, 0)
        return true
    }

    /// True when the VMM is to be killed. Sets the timer for the next look.
    mutating func look() -> Bool {
        switch lease.step(reading: file.read(), at: cspawn_boot_time()) {
        case .wait(let moment):
            cspawn_boot_timer_set(timer, moment)
            return false
        case .kill(let moment):
            cspawn_boot_timer_set(timer, moment)
            return true
        }
    }

    /// The end of this VMM was the lease's doing.
    func ended(_ vmm: FencedVMM) -> Bool { lease.isOver || registry.wasEnded(name, vmm) }
}
