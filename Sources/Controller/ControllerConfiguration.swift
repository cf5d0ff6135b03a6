import ClusterModel
import ControllerDecisions
import Glibc
import Logging
import StrictYAML

/// The controller's configuration file. Everything has a default but where its data lies.
package struct ControllerConfiguration: Sendable {
    package var host: String
    /// 0 takes any free port; `<dataDirectory>/endpoint` then says which.
    package var port: Int
    package var dataDirectory: String
    package var security = Security.tls
    var tls = TLSSettings()
    package var timing: HeartbeatTiming
    /// Nil where the heartbeat leaves no room for a lease: fenced instances don't run then.
    package var lease: LeaseTiming?
    /// Of all nodes together, in a second.
    package var syncRate: Int64
    package var recovery: RecoverySettings
    package var fence: FenceConfiguration?
    package var policy: PlacementPolicy
    package var defaultSize: Name
    package var defaultImage: Name
    /// How many of the latest changes can be watched from.
    package var watchKept: Int
    /// How often a copy of the ledger is kept beside it, and how many of the latest; 0 keeps none.
    package var snapshotEvery: Milliseconds
    package var snapshotsKept: Int
    package var access = AccessLimits()
    var connections = ConnectionLimits()
    var images = ImageLibrary.Settings()
    package var logLevel: Logger.Level

    package init(contentsOf path: String) throws(ConfigurationError) {
        try self.init(text: try ConfigurationFile.text(path), file: path)
    }

    package init(text: String, file: String) throws(ConfigurationError) {
        let root = try ConfigurationDocument(text: text, file: file).root.mapping(keys: [
            "listen", "dataDirectory", "heartbeat", "lease", "recovery", "fence", "placement", "defaults", "watch", "images", "snapshots",
            "connections", "access", "logLevel", "security", "tls",
        ])
        (host, port) = try root["listen"].map(Self.address) ?? ("127.0.0.1", 7480)
        let directory = try root.required("dataDirectory")
        dataDirectory = try directory.string()
        guard !dataDirectory.isEmpty, !dataDirectory.utf8.contains(0) else { throw directory.error("a directory is expected") }
        let lease = try root["lease"]?.leaseTiming(more: ["syncRate"])
        timing = try Self.heartbeat(root["heartbeat"], lease)
        self.lease = lease ?? .longest(renew: timing.interval, wait: timing.lostAfter)
        syncRate = try root["lease"]?.anyMapping()["syncRate"]?.integer(in: 1...1_000_000) ?? LeaseScale.syncRate
        recovery = try root["recovery"].map(Self.recovery) ?? RecoverySettings()
        fence = try root["fence"].map { value throws(ConfigurationError) in try FenceConfiguration(value) }
        policy = try root["placement"]?.mapping(keys: ["policy"])["policy"]?.word(PlacementPolicy.self) ?? .pack
        let defaults = try root["defaults"]?.mapping(keys: ["size", "image"])
        defaultSize = try defaults?["size"]?.name() ?? Self.tiny
        defaultImage = try defaults?["image"]?.name() ?? Self.tiny
        watchKept = Int(try root["watch"]?.mapping(keys: ["kept"])["kept"]?.integer(in: 100...1_000_000) ?? 10_000)
        let snapshots = try root["snapshots"]?.mapping(keys: ["every", "kept"])
        snapshotEvery = try snapshots?["every"]?.time() ?? Milliseconds(seconds: 3600)
        if let every = snapshots?["every"], snapshotEvery < Milliseconds(seconds: 60) {
            throw every.error("\(snapshotEvery) is too short: a minute at least is needed")
        }
        snapshotsKept = Int(try snapshots?["kept"]?.integer(in: 0...1000) ?? 3)
        if let value = root["connections"] { connections = try ConnectionLimits(value) }
        if let value = root["access"] { access = try AccessLimits(value) }
        if let value = root["images"] { images = try Self.images(value) }
        if let value = root["security"] { security = try value.word(Security.self) }
        if let value = root["tls"] { tls = try TLSSettings(value) }
        if let value = root["listen"], !Self.isLoopback(host), access.isOpen || security == .none {
            throw value.error(
                "“\(host)” is no loopback address, and with \(access.isOpen ? "“access: open”" : "“security: none”") whoever reaches the port may do "
                    + "everything: listen on 127.0.0.1 or ::1, or take that line out")
        }
        logLevel = try root["logLevel"]?.word(Logger.Level.self) ?? .info
    }

    private static func images(_ value: ConfigurationValue) throws(ConfigurationError) -> ImageLibrary.Settings {
        let fields = try value.mapping(keys: ["maximumBytes", "maximumDisk", "allowPrivateSources"])
        var settings = ImageLibrary.Settings()
        if let bytes = try fields["maximumBytes"]?.memory() { settings.maximumBytes = bytes.count << 20 }
        if let disk = try fields["maximumDisk"]?.memory() { settings.maximumDisk = disk.count << 20 }
        if let allowed = try fields["allowPrivateSources"]?.bool() { settings.allowPrivateSources = allowed }
        return settings
    }

    private static let tiny: Name = {
        guard let name = try? Name("tiny") else { preconditionFailure("“tiny” is a name") }
        return name
    }()

    private static func address(_ value: ConfigurationValue) throws(ConfigurationError) -> (String, Int) {
        let text = try value.string()
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw value.error("“\(Printable(text, limit: 80))” is no address: write host:port, such as 127.0.0.1:7480")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard host == "localhost" || isNumeric(host) else {
            throw value.error(
                "“\(Printable(host, limit: 80))” is no address of a machine's own: write one in numbers, such as 192.0.2.7 or 0.0.0.0 for all")
        }
        return (host, Int(port))
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    private static func isNumeric(_ host: String) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET, host, &bytes) == 1 || inet_pton(AF_INET6, host, &bytes) == 1
    }

    private static func recovery(_ value: ConfigurationValue) throws(ConfigurationError) -> RecoverySettings {
        let fields = try value.mapping(keys: ["maxLostShare", "window"])
        var settings = RecoverySettings()
        if let share = fields["maxLostShare"] {
            let text = try share.string()
            // As exact as a share of a large cluster has to be.
            guard let thousandths = try? Quantity.cpu(text), !text.hasSuffix("m"), (0...1000).contains(thousandths.count) else {
                throw share.error("“\(Printable(text, limit: 40))” is no share: write a number from 0 to 1, such as 0.2")
            }
            settings.maxLostShare = Int(thousandths.count)
        }
        if let window = fields["window"] {
            settings.window = try window.time()
            guard (Milliseconds(seconds: 1)...Milliseconds(seconds: 86_400)).contains(settings.window) else {
                throw window.error("\(settings.window) is out of range: 1s to 1d is allowed")
            }
        }
        return settings
    }

    /// A lease sets what the heartbeat leaves open: its renewals are the syncs, and a node is lost no sooner than its lease.
    private static func heartbeat(_ value: ConfigurationValue?, _ lease: LeaseTiming?) throws(ConfigurationError) -> HeartbeatTiming {
        var timing = lease.map(HeartbeatTiming.init) ?? HeartbeatTiming()
        guard let value else { return timing }
        let fields = try value.mapping(keys: ["interval", "suspectAfter", "lostAfter"])
        if let interval = try fields["interval"]?.time() { timing.interval = interval }
        if let suspectAfter = try fields["suspectAfter"]?.time() { timing.suspectAfter = suspectAfter }
        if let lostAfter = try fields["lostAfter"]?.time() { timing.lostAfter = lostAfter }
        guard timing.interval >= Milliseconds(50) else { throw value.error("interval \(timing.interval) is too short: at least 50ms is needed") }
        guard timing.interval < timing.suspectAfter, timing.suspectAfter < timing.lostAfter else {
            throw value.error(
                "interval \(timing.interval) < suspectAfter \(timing.suspectAfter) < lostAfter \(timing.lostAfter) does not hold; "
                    + "a node must be able to sync before it is suspect, and be suspect before it is lost")
        }
        if let lease, timing.interval != lease.renew || timing.lostAfter < lease.wait {
            throw value.error(
                "interval \(timing.interval) and lostAfter \(timing.lostAfter) contradict the lease, which is renewed every \(lease.renew) "
                    + "and surely over after \(lease.wait); leave them out")
        }
        guard timing.lostAfter <= Milliseconds(seconds: 86_400) else { throw value.error("lostAfter \(timing.lostAfter) is longer than a day") }
        return timing
    }
}
