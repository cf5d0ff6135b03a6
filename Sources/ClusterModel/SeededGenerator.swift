import FoundationEssentials

/// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers for the same seed on every machine.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// A stream of its own for one part of a whole, so that what one part draws moves no other.
    package init(seed: UInt64, stream: UInt64) {
        var parent = SeededGenerator(seed: seed ^ (stream &+ 1) &* 0xD1B5_4A32_D192_ED03)
        state = parent.next()
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number in 0..<bound, without the loop of an exactly even choice; `bound` is above 0.
    package mutating func below(_ bound: Int) -> Int { Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high) }

    package mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    package mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

    package mutating func id<Kind>() -> ID<Kind> {
        var words = (next().littleEndian, next().littleEndian)
        return withUnsafeBytes(of: &words) { ID(UUID(uuid: $0.loadUnaligned(as: uuid_t.self))) }
    }
}
