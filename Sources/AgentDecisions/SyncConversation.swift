import ClusterModel

/// The agent's side of the one conversation: what it has to say, and what it may believe.
package struct SyncConversation: Sendable {
    private let bootID: String
    private let session: String
    package private(set) var highestEpoch: Epoch
    /// The controller's; a start value until its first answer.
    package private(set) var interval = Milliseconds(seconds: 3)
    private var seen: Int64 = 0
    private var owesRegistration = true
    private var owesEverything = true
    /// What changed, by a number that grows, so that a change during a request is not taken for said.
    private var changes: [InstanceID: Int64] = [:]
    private var changeNumber: Int64 = 0
    private var said: Int64 = 0

    package static let intervals = Milliseconds(100)...Milliseconds(seconds: 600)

    package init(bootID: String, session: String, highestEpoch: Epoch) {
        self.bootID = bootID
        self.session = session
        self.highestEpoch = highestEpoch
    }

    package mutating func noteChange(of instance: InstanceID) {
        changeNumber += 1
        changes[instance] = changeNumber
    }

    /// It would be no empty sync.
    package var hasSomethingToSay: Bool { owesRegistration || owesEverything || !changes.isEmpty }

    /// A sync that says something is answered at once; only one that says nothing is held.
    package mutating func request(registration: NodeRegistration, observed: [ObservedInstance]) -> SyncRequest {
        said = changeNumber
        return SyncRequest(
            bootID: bootID, session: session, highestEpoch: highestEpoch, seen: seen, registration: owesRegistration ? registration : nil,
            full: owesEverything, observed: owesEverything ? observed : observed.filter { changes[$0.id] != nil },
            hold: hasSomethingToSay ? .zero : interval)
    }

    package enum Refusal: Error, Hashable, Sendable {
        /// It comes from a controller whose term is over.
        case staleEpoch(Epoch, seen: Epoch)
    }

    package struct News: Sendable {
        /// Must be on disk before anything else is done.
        package var newEpoch: Epoch?
        /// These observations have arrived.
        package var acknowledged: [InstanceID]
    }

    package mutating func accept(_ answer: SyncAnswer) throws(Refusal) -> News {
        guard answer.epoch >= highestEpoch else { throw .staleEpoch(answer.epoch, seen: highestEpoch) }
        let newEpoch = answer.epoch > highestEpoch ? answer.epoch : nil
        highestEpoch = answer.epoch
        interval = min(max(answer.interval, Self.intervals.lowerBound), Self.intervals.upperBound)
        seen = answer.revision
        owesRegistration = answer.needsFull
        owesEverything = answer.needsFull
        let arrived = changes.filter { $0.value <= said }.keys.sorted()
        for id in arrived { changes[id] = nil }
        return News(newEpoch: newEpoch, acknowledged: arrived)
    }
}
