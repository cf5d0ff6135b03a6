/// Who asks: a user, or a service account, which belongs to a project and is a program.
package struct Account: Hashable, Sendable, Codable {
    package var name: AccountName
    /// In order.
    package var grants: [RoleGrant]
    package var createdAt: Timestamp
    package init(name: AccountName, grants: [RoleGrant] = [], createdAt: Timestamp) {
        self.name = name
        self.grants = grants
        self.createdAt = createdAt
    }

    package static let grantsLimit = 256
}

/// "alice" for a user, "shop/ci" for the service account “ci” of the project “shop”.
package struct AccountName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Nil for a user.
    package var project: Name?
    package var name: Name

    package init(project: Name?, name: Name) {
        self.project = project
        self.name = name
    }

    package init(_ text: String) throws(Name.Invalid) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        project = parts.count == 2 ? try Name(String(parts[0])) : nil
        name = try Name(parts.last.map(String.init) ?? "")
    }

    package var description: String { project.map { "\($0)/\(name)" } ?? name.text }
    package static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}

extension AccountName: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do { self = try AccountName(text) } catch {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: error.description))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
