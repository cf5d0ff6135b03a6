/// A mark on a node that keeps instances away unless they tolerate it.
package struct Taint: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package enum Effect: String, Hashable, Sendable, Codable {
        /// Nothing new is placed here without a toleration.
        case noPlace
        /// Avoided when another node fits.
        case preferNoPlace
    }

    package var label: Label
    package var effect: Effect

    package init(label: Label, effect: Effect = .noPlace) {
        self.label = label
        self.effect = effect
    }

    package var description: String { "\(label):\(effect.rawValue)" }
    package static func < (left: Self, right: Self) -> Bool { (left.label, left.effect.rawValue) < (right.label, right.effect.rawValue) }
}

/// Lets an instance onto nodes with a taint: of this key, and of this value where one is given.
package struct Toleration: Hashable, Sendable, Codable {
    package var key: String
    package var value: String?

    package init(key: String, value: String? = nil) {
        self.key = key
        self.value = value
    }

    package func covers(_ taint: Taint) -> Bool { taint.label.key == key && (value == nil || value == taint.label.value) }
}
