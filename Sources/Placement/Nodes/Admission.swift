/// The state in which a node takes instances: only an open one does.
package enum Admission: String, Hashable, Sendable, Codable, CaseIterable {
    case open
    case cordoned
    case draining
    /// Suspect or lost: not heard from lately.
    case stale
    /// Every address that it has for guests is taken.
    case noAddress = "no-address"
}
