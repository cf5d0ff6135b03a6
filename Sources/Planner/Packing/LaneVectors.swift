/// Vectors of small whole numbers, several to a 64-bit word, each lane with a guard bit above it: one subtraction then compares all lanes of a word
/// (L. Lamport, "Multiple byte processing with full-word instructions", 1975). A negative number borrows from the lane above, which sums and differences
/// of whole words undo, as long as each true lane stays within the guard bit.
struct LaneVectors: Sendable {
    /// Words per vector.
    let width: Int
    let guards: UInt64
    private let laneBits: Int
    private let lanesPerWord: Int

    /// For the room and the items of an instance.
    init(_ instance: PackingInstance) {
        laneBits = instance.reach < 1 << 15 ? 16 : 32
        lanesPerWord = 64 / laneBits
        width = (instance.dimensions + lanesPerWord - 1) / lanesPerWord
        guards = laneBits == 16 ? 0x8000_8000_8000_8000 : 0x8000_0000_8000_0000
    }

    func append(_ numbers: some Collection<Int>, to words: inout [UInt64]) {
        let start = words.count
        words.append(contentsOf: repeatElement(0, count: width))
        for (lane, number) in numbers.enumerated() {
            words[start + lane / lanesPerWord] &+= UInt64(bitPattern: Int64(number)) << UInt64(lane % lanesPerWord * laneBits)
        }
    }
}
