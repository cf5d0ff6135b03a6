import CSpawn
import ClusterModel
import Glibc

/// How VMMs of this node are kept apart from it: each with a user that is nobody else's, in a root that holds only what it needs.
package struct Confinement: Hashable, Sendable {
    /// Where cages lock the users that are taken; of all agents of the machine.
    package var file: String
    package var first: UInt32
    package var count: UInt32

    /// Between the users that systemd gives to containers and those that it keeps for foreign file systems.
    package static let users: (first: UInt32, count: UInt32) = (1_900_000_000, 65_536)
    private static let directory = "/run/berth"

    private static let found: (confinement: Confinement?, lack: String) = {
        if let step = cspawn_why_unconfined(users.first) { return (nil, "this process can't \(String(cString: step)) for a VMM") }
        guard mkdir(directory, 0o711) == 0 || errno == EEXIST, access(directory, W_OK) == 0 else {
            return (nil, "\(directory) can't be written: \(String(cString: strerror(errno)))")
        }
        return (Confinement(file: "\(directory)/users", first: users.first, count: users.count), "")
    }()

    /// Nil where this process may not confine.
    package static var standard: Confinement? { found.confinement }
    package static var lack: String { found.lack }

    /// What any QEMU reads: itself, its libraries, its firmware and its modules. Those that are not there are left out.
    static func shown(to binary: String) -> [String] {
        let machine = "\(MachineFacts.architecture().rawValue)-linux-gnu"
        var paths = [binary, "/lib64", "/usr/lib64", "/lib/\(machine)", "/usr/lib/\(machine)", "/etc/ld.so.cache"]
        paths += ["/usr/share/qemu", "/usr/share/seabios", "/usr/lib/ipxe/qemu"]
        // One that was installed for itself has its own beside it: /opt/qemu/bin/qemu-system-x86_64.
        let parts = binary.split(separator: "/")
        if parts.count > 3, parts[parts.count - 2] == "bin", parts[0] != "usr" { paths.append("/" + parts.dropLast(2).joined(separator: "/")) }
        return paths.filter { access($0, F_OK) == 0 }
    }

    /// Where user networking looks for name servers.
    static let resolver = "/etc/resolv.conf"
    static let devices = ["/dev/null", "/dev/urandom"]
    static let accelerator = "/dev/kvm"
}
