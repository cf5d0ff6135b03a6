import ClusterModel
import StrictYAML

/// `network` in `agent.yaml`.
package struct NetworkSettings: Hashable, Sendable {
    /// `auto`: a bridge where the agent may make one, user networking otherwise.
    package enum Mode: String, Hashable, Sendable, CaseIterable { case auto, bridge, user }

    package var mode = Mode.auto
    package var bridge = "berth0"
    package var range: IPv4Range?
    /// Guests of this node may talk to each other.
    package var guestToGuest = false

    /// The agent takes devices of these names for its own kind's.
    private static let namePrefix = "berth"

    package init(mode: Mode = .auto, bridge: String = "berth0", range: IPv4Range?) {
        self.mode = mode
        self.bridge = bridge
        self.range = range
    }

    init(_ value: ConfigurationValue) throws(ConfigurationError) {
        let fields = try value.mapping(keys: ["mode", "bridge", "range", "guestToGuest"])
        if let value = fields["mode"] { mode = try value.word(Mode.self) }
        if let value = fields["bridge"] {
            bridge = try value.string()
            let rest = bridge.utf8.dropFirst(Self.namePrefix.utf8.count)
            guard bridge.hasPrefix(Self.namePrefix), rest.count <= 10, rest.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) })
            else {
                let shown = Printable(bridge, limit: 40)
                throw value.error("“\(shown)” is no name for a bridge: “berth” and up to ten letters and digits, such as berth0")
            }
        }
        if let value = fields["range"] {
            let text = try value.string()
            do { range = try IPv4Range(text) } catch { throw value.error(error.description) }
        }
        if let value = fields["guestToGuest"] { guestToGuest = try value.bool() }
        guard mode == .user || range != nil else {
            throw value.error("“range” is missing: name the addresses that guests get, such as 10.100.1.0/24, or write “mode: user”")
        }
    }
}
