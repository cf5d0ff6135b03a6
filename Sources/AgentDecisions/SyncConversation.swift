import ClusterModel

/// A request on its way, with what its answer is measured by.
package struct SentSync: Hashable, Sendable {
    package let request: SyncRequest
    /// Before the first byte left, on CLOCK_BOOTTIME: a lease counts from here.
    package let sentAt: Duration
    fileprivate let number: Int64
    fileprivate let said: Int64
    fileprivate let saidOfStorage: Int64
}

/// The agent's side of the one conversation: what it has to say, and what it may believe.
package struct SyncConversation: Sendable {
    private let bootID: String
    private let session: String
    package private(set) var highestEpoch: Epoch
    private var durableEpoch: Epoch
    /// The controller's; a start value until its first answer.
    package private(set) var interval = Milliseconds(seconds: 3)
    private var seen: Int64 = 0
    private var owesRegistration = true
    private var owesEverything = true
    /// What changed, by a number that grows, so that a change during a request is not taken for said.
    private var changes: [InstanceID: Int64] = [:]
    private var changeNumber: Int64 = 0
    /// The number of the latest change of volumes and pools, and of the latest that has arrived.
    private var storageChange: Int64 = 0
    private var storageArrived: Int64 = 0
    private var number: Int64 = 0
    /// Of the requests that were answered.
    private var latestAnswered: Int64 = 0
    private var lease: NodeLease

    package static let intervals = Milliseconds(100)...Milliseconds(seconds: 600)

    package init(bootID: String, session: String, highestEpoch: Epoch, lease: NodeLease = NodeLease()) {
        self.bootID = bootID
        self.session = session
        self.highestEpoch = highestEpoch
        durableEpoch = highestEpoch
        self.lease = lease
    }

    package mutating func noteChange(of instance: InstanceID) {
        changeNumber += 1
        changes[instance] = changeNumber
    }

    package mutating func noteStorageChange() { storageChange += 1 }

    /// It would be no empty sync.
    package var hasSomethingToSay: Bool { owesRegistration || owesEverything || !changes.isEmpty || owesStorage }

    private var owesStorage: Bool { storageChange > storageArrived }

    /// A sync that says something or asks for everything is answered at once; only one that does neither is held.
    package mutating func send(
        registration: NodeRegistration, observed: [ObservedInstance], storage: ObservedNodeStorage? = nil, at now: Duration
    ) -> SentSync {
        if lease.noteLapse(at: now) { seen = 0 }
        number += 1
        let request = SyncRequest(
            bootID: bootID, session: session, number: number, highestEpoch: highestEpoch, seen: seen,
            registration: owesRegistration ? registration : nil,
            full: owesEverything, observed: owesEverything ? observed : observed.filter { changes[$0.id] != nil },
            hold: hasSomethingToSay || seen == 0 ? .zero : interval, storage: owesStorage || owesEverything ? storage : nil)
        return SentSync(request: request, sentAt: now, number: number, said: changeNumber, saidOfStorage: storageChange)
    }

    package enum Refusal: Error, Hashable, Sendable {
        /// It comes from a controller whose term is over.
        case staleEpoch(Epoch, seen: Epoch)
        /// A later request was answered before.
        case overtaken
    }

    package struct News: Sendable {
        /// Must be on disk before anything else is done; then `epochIsKept`.
        package var newEpoch: Epoch?
        /// These observations have arrived.
        package var acknowledged: [InstanceID]
        /// To be put in force after the desired specs of the same answer.
        package var lease: LeaseStanding
        /// Why a grant did not count.
        package var refusedGrant: NodeLease.Taken?
        /// The next request has something to ask: it does not wait for the interval.
        package var asksAtOnce: Bool
        /// What was said is said again, not before the interval is over.
        package var repeats: Bool
    }

    package mutating func accept(_ answer: SyncAnswer, to sent: SentSync, at now: Duration) throws(Refusal) -> News {
        guard answer.epoch >= highestEpoch else { throw .staleEpoch(answer.epoch, seen: highestEpoch) }
        guard sent.number > latestAnswered else { throw .overtaken }
        latestAnswered = sent.number
        highestEpoch = answer.epoch
        interval = min(max(answer.interval, Self.intervals.lowerBound), Self.intervals.upperBound)
        seen = answer.revision
        let isKept = answer.unkept == nil
        owesRegistration = answer.needsFull || (!isKept && owesRegistration)
        owesEverything = answer.needsFull || (!isKept && owesEverything)
        let refused = take(answer, sent, now)
        if refused == .needsFullSet { seen = 0 }
        let arrived = !isKept ? [] : changes.filter { $0.value <= sent.said }.keys.sorted()
        for id in arrived { changes[id] = nil }
        // Nothing arrives at a controller that does not know this node yet.
        if !answer.needsFull, isKept { storageArrived = max(storageArrived, sent.saidOfStorage) }
        return News(
            newEpoch: answer.epoch > durableEpoch ? answer.epoch : nil, acknowledged: arrived, lease: lease.standing(at: now), refusedGrant: refused,
            asksAtOnce: answer.needsFull || refused == .needsFullSet, repeats: !isKept)
    }

    private mutating func take(_ answer: SyncAnswer, _ sent: SentSync, _ now: Duration) -> NodeLease.Taken? {
        guard let grant = answer.lease else { return nil }
        let turn = sent.request.hold + interval
        let taken = lease.take(grant, sentAt: sent.sentAt, isFull: answer.full, turn: turn, at: now)
        return taken == .counted ? nil : taken
    }

    package mutating func epochIsKept(_ epoch: Epoch) { durableEpoch = max(durableEpoch, epoch) }

    /// What was accepted last could not be kept on disk: all of it is asked for again.
    package mutating func couldNotKeep() {
        seen = 0
        lease.unconfirm()
    }
}
