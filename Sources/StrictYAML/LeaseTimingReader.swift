import ClusterModel

extension ConfigurationValue {
    private enum LeaseProfile: String, CaseIterable { case standard, fast }

    /// `{profile: fast}`, or each time by name: `{renew: 3s, length: 30s, kill: 5s, wait: 36s}`. With `more` keys that are somebody else's.
    package func leaseTiming(more: [String] = []) throws(ConfigurationError) -> LeaseTiming {
        let times = ["renew", "length", "kill", "wait"]
        let fields = try mapping(keys: ["profile"] + times + more)
        let named = times.filter { fields[$0] != nil }
        if let profile = fields["profile"] {
            guard named.isEmpty else { throw profile.error("a profile sets every time itself; leave out \(named.joined(separator: ", "))") }
            return try profile.word(LeaseProfile.self) == .fast ? .fast : .standard
        }
        guard !named.isEmpty else { return .standard }
        do {
            return try LeaseTiming(
                renew: fields.required("renew").time(), length: fields.required("length").time(), kill: fields.required("kill").time(),
                wait: fields.required("wait").time())
        } catch let error as ConfigurationError {
            throw error
        } catch let error as LeaseTimingError {
            throw self.error(error.description)
        } catch {
            throw self.error("\(error)")
        }
    }
}
