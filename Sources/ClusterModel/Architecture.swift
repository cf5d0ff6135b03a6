package enum Architecture: String, Hashable, Sendable, Codable, CaseIterable {
    case x86_64
    case aarch64
}
