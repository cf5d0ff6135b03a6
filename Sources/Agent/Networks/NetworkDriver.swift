import ClusterModel
import Glibc
import Logging

/// How a node's guests reach the world. Networks of tenants are drivers to come.
package protocol NetworkDriver: Sendable {
    var facts: NodeNetwork { get }
    /// The guest's side, as its seed and its VMM are told.
    func network(of instance: DesiredInstance) -> GuestNetwork
    /// All that the guest needs outside of its VMM, before that starts. May be asked again.
    func connect(_ instance: DesiredInstance) async throws(WorkFailure) -> GuestTap?
    /// Its VMM has ended.
    func disconnect(_ instance: InstanceID) async
    /// These run, and nothing else does: what an earlier agent has left is mended, or taken away.
    func takeUp(_ running: [DesiredInstance]) async
    /// Looks after it until the task is cancelled.
    func keep() async
}

/// The open end of a guest's tap device, which lives for as long as somebody has it open.
package final class GuestTap: Sendable {
    package let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}

/// QEMU's user networking: needs no right on the node.
package struct UserNetwork: NetworkDriver {
    package let facts: NodeNetwork

    package init(because reason: String? = nil) { facts = NodeNetwork(mode: .user, reason: reason) }

    package func network(of instance: DesiredInstance) -> GuestNetwork { GuestNetwork(of: instance.id) }
    package func connect(_ instance: DesiredInstance) async throws(WorkFailure) -> GuestTap? { nil }
    package func disconnect(_ instance: InstanceID) async {}
    package func takeUp(_ running: [DesiredInstance]) async {}
    package func keep() async {}
}

extension NetworkDriver where Self == UserNetwork {
    /// The driver that the configuration asks for, or the one that this machine allows.
    static func make(_ settings: NetworkSettings?, logger: Logger) throws(WorkFailure) -> any NetworkDriver {
        guard let settings else { return UserNetwork(because: "its agent's configuration names no range") }
        guard settings.mode != .user, let range = settings.range else { return UserNetwork() }
        let lacks = NetworkNeeds.missing()
        if let first = lacks.first {
            guard settings.mode == .auto else {
                throw WorkFailure("the network mode is bridge, and \(first.what); mend it with: \(first.remedy)", isLasting: true)
            }
            return UserNetwork(because: first.what)
        }
        do throws(WorkFailure) {
            return try BridgeNetwork(settings, range: range, logger: logger)
        } catch {
            guard settings.mode == .auto else { throw error }
            return UserNetwork(because: error.description)
        }
    }
}
