import FoundationEssentials

/// What a guest is given at its first boot beside who it is. The bytes are its own matter: text, gzip or anything.
package struct InstanceSeed: Hashable, Sendable, Codable {
    package var userData: Data?
    package var vendorData: Data?
    /// Lines as in `authorized_keys`.
    package var keys: [String]

    /// Of user-data and vendor-data each; what clouds take at most.
    package static let limit = 64 << 10

    package init(userData: Data? = nil, vendorData: Data? = nil, keys: [String] = []) {
        self.userData = userData
        self.vendorData = vendorData
        self.keys = keys
    }

    package var isEmpty: Bool { userData == nil && vendorData == nil && keys.isEmpty }
    package var bytes: Int { (userData?.count ?? 0) + (vendorData?.count ?? 0) + keys.reduce(0) { $0 + $1.utf8.count } }
}

/// What is told of an instance's seed: not what is in it.
package struct SeedSummary: Hashable, Sendable, Codable {
    package var userDataBytes: Int
    package var vendorDataBytes: Int
    package var keys: [Name]

    package init(userDataBytes: Int, vendorDataBytes: Int, keys: [Name]) {
        self.userDataBytes = userDataBytes
        self.vendorDataBytes = vendorDataBytes
        self.keys = keys
    }
}
