import ClusterModel

/// An instance's seed, kept apart from it: an instance's row is written at every turn of its life, its seed once.
package struct KeptSeed: Hashable, Sendable, Codable {
    package var instance: InstanceID
    package var seed: InstanceSeed

    package init(instance: InstanceID, seed: InstanceSeed) {
        self.instance = instance
        self.seed = seed
    }
}

/// Public keys, and the seeds that are made with them.
extension ClusterState {
    /// The same key under the same name is the same key.
    mutating func importKey(_ key: SSHKey, at now: Timestamp) throws(ErrorBody) -> Answer {
        try checkProject(key.project)
        if let existing = keys[key.owned]?.value {
            if existing.publicKey == key.publicKey { return .key(existing) }
            throw .conflict("Another key “\(key.name)” exists already; choose another name or delete it first.")
        }
        guard keys.count < LedgerSettings.Limit.keys else { throw .tooMany("There are \(keys.count) keys, which is the most there may be.") }
        put(key)
        note(.info, "KeyImported", .key(key.name), of: key.project, "Key “\(key.name)” (\(key.fingerprint)) was imported.", at: now)
        return .key(key)
    }

    /// Instances keep the keys that they were launched with.
    mutating func deleteKey(_ owned: ProjectName, at now: Timestamp) throws(ErrorBody) -> Answer {
        guard let key = keys[owned]?.value else {
            throw ErrorBody(code: .notFound, message: "There is no key “\(owned.name)” in project “\(owned.project)”; see “berth key list”.")
        }
        remove(key)
        note(.info, "KeyDeleted", .key(key.name), of: key.project, "Key “\(key.name)” was deleted.", at: now)
        return .key(key)
    }

    /// What each instance of the launch gets; nil where that is nothing but who it is.
    func seed(of launch: Command.Launch) throws(ErrorBody) -> InstanceSeed? {
        for (bytes, field) in [(launch.userData, "userData"), (launch.vendorData, "vendorData")] {
            guard (bytes?.count ?? 0) <= InstanceSeed.limit else {
                throw .invalid("\(field): \(bytes?.count ?? 0) bytes are too many: at most \(InstanceSeed.limit) are allowed; gzip makes them fewer.")
            }
        }
        guard launch.keyNames.count <= LedgerSettings.Limit.rules else {
            throw .invalid("keys: \(launch.keyNames.count) entries are too many: at most \(LedgerSettings.Limit.rules) are allowed.")
        }
        var lines: [String] = []
        for name in launch.keyNames {
            guard let key = keys[ProjectName(project: launch.project, name: name)]?.value else {
                throw ErrorBody(code: .notFound, message: "There is no key “\(name)”; import it with “berth key import \(name) FILE”.")
            }
            if !lines.contains(key.publicKey.description) { lines.append(key.publicKey.description) }
        }
        let seed = InstanceSeed(userData: launch.userData, vendorData: launch.vendorData, keys: lines)
        guard !seed.isEmpty else { return nil }
        let (sum, _) = seed.bytes.multipliedReportingOverflow(by: launch.ids.count)
        guard sum <= LedgerSettings.Limit.seedBytesAtOnce else {
            throw .invalid("userData: \(sum) bytes for \(launch.ids.count) instances are too many at once; launch fewer.")
        }
        guard sum <= LedgerSettings.Limit.seedBytes - seedBytes else {
            throw .tooMany("The seeds of all instances hold \(seedBytes) bytes; \(LedgerSettings.Limit.seedBytes) is the most there may be.")
        }
        return seed
    }
}

extension InstanceSeed {
    func summary(keys: [Name]) -> SeedSummary {
        SeedSummary(userDataBytes: userData?.count ?? 0, vendorDataBytes: vendorData?.count ?? 0, keys: keys)
    }
}

extension ClusterState {
    mutating func put(_ key: SSHKey) { record(number: { .key(Edit(before: nil, after: Row(key: $0, value: key))) }) }

    mutating func remove(_ key: SSHKey) {
        let before = keys[key.owned]
        record(number: { _ in .key(Edit(before: before, after: nil)) })
    }
}
