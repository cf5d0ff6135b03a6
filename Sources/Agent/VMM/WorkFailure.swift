/// Why a piece of work was not done, as a part of a sentence.
package struct WorkFailure: Error, CustomStringConvertible {
    package var description: String
    /// Trying again can't help.
    package var isLasting = false

    package init(_ description: String, isLasting: Bool = false) {
        self.description = description
        self.isLasting = isLasting
    }
}
