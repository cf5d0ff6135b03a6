import ClusterModel
import StrictYAML

/// How many connections there may be, and for how long one may keep us waiting.
struct ConnectionLimits: Hashable, Sendable {
    /// Further ones wait in the kernel until one of these ends.
    var most = 20_000
    /// From the first byte of a request, or from its connection, to the end of the head.
    var head = Milliseconds(seconds: 10)
    /// From the head to the end of the body; the bytes of an image and of a console have no such end.
    var body = Milliseconds(seconds: 60)
    /// Of silence within a body or within the reading of an answer; a console may be silent.
    var stall = Milliseconds(seconds: 30)
    /// Between two requests.
    var idle = Milliseconds(seconds: 75)

    init() {}

    init(_ value: ConfigurationValue) throws(ConfigurationError) {
        let fields = try value.mapping(keys: ["most", "head", "body", "stall", "idle"])
        most = Int(try fields["most"]?.integer(in: 1...1_000_000) ?? Int64(most))
        head = try Self.time(fields["head"]) ?? head
        body = try Self.time(fields["body"]) ?? body
        stall = try Self.time(fields["stall"]) ?? stall
        idle = try Self.time(fields["idle"]) ?? idle
    }

    private static func time(_ value: ConfigurationValue?) throws(ConfigurationError) -> Milliseconds? {
        guard let value else { return nil }
        let time = try value.time()
        guard time >= Milliseconds(50), time <= Milliseconds(seconds: 3600) else {
            throw value.error("\(time) is out of range: 50ms to 1h is expected")
        }
        return time
    }
}
