import ClusterModel
import FoundationEssentials

/// The guest's side of its network.
package struct GuestNetwork: Hashable, Sendable {
    /// QEMU's user networking, where every guest is alone in a network like this.
    package struct User: Sendable {
        package var subnet = "10.0.2.0/24"
        package var address = "10.0.2.15"
        package var prefix = 24
        package var gateway = "10.0.2.2"
        package var nameserver = "10.0.2.3"
    }

    package static let user = User()

    package var mac: String
    /// On the node's bridge; nil: in QEMU's user networking.
    package var bridged: InstanceNetwork?

    package init(of instance: InstanceID, bridged: InstanceNetwork? = nil) {
        let bytes = withUnsafeBytes(of: instance.rawValue.uuid) { Array($0.suffix(5)) }
        // Locally administered, and the same at every start.
        mac = ([0x02] + bytes).map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined(separator: ":")
        self.bridged = bridged
    }

    package var address: String { bridged?.address.description ?? Self.user.address }
    package var prefix: Int { bridged?.prefix ?? Self.user.prefix }
    package var gateway: String { bridged?.gateway.description ?? Self.user.gateway }
    package var nameserver: String { bridged?.gateway.description ?? Self.user.nameserver }
}
