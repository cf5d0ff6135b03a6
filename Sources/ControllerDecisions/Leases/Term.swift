import ClusterModel

/// The controller's term, and whether it is still proven: only then may leases be granted, or a controller that a partition hides would keep
/// a node's lease alive while its successor starts the node's instances elsewhere.
package struct Term: Hashable, Sendable {
    package let epoch: Epoch
    private let length: Duration
    private var provenAt: Duration
    private var isOver = false
    /// The highest that a node has obeyed, where that is above this one.
    package private(set) var outrankedBy: Epoch?

    /// T: no campaign succeeds before T after the last proof.
    package static let length = Milliseconds(seconds: 10)

    /// - Parameter campaignBegan: winning is the first proof.
    package init(epoch: Epoch, campaignBegan: Duration, length: Milliseconds = Self.length) {
        self.epoch = epoch
        self.length = length.duration
        provenAt = campaignBegan
    }

    /// The store's head was found to be this term's, by a look or a commit that began then.
    package mutating func prove(begunAt moment: Duration) { provenAt = max(provenAt, moment) }

    /// The store has another head.
    package mutating func end() { isOver = true }

    /// What a node says that it has obeyed.
    package mutating func hear(of epoch: Epoch) {
        if epoch > max(self.epoch, outrankedBy ?? self.epoch) { outrankedBy = epoch }
    }

    package func isProven(at now: Duration) -> Bool { !isOver && outrankedBy == nil && now - provenAt < length }

    /// A fresh proof is wanted well before the last is too old.
    package func wantsProof(at now: Duration) -> Bool { now - provenAt >= length / 4 }
}
