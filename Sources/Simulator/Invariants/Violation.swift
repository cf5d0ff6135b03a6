/// A promise that was broken, in true time.
package struct Violation: Error, Hashable, Sendable {
    package enum Promise: String, Hashable, Sendable, CaseIterable {
        case runsOnce = "at most one VMM of an instance runs"
        case movedAfterFencing = "an instance is placed elsewhere only when its VMM has surely ended"
        case proofIsTold = "the event of a restart elsewhere tells the proof of fencing"
        case brakeHolds = "nothing is started elsewhere by itself when too many nodes go at once"
        case fullAfterLapse = "after a lapse a lease comes back only with all that is wanted"
        case stays = "an instance that stays is never moved by itself"
        case deletedStaysDeleted = "what is deleted never runs again"
        case strangersLive = "a VM that nobody asked for is left alone"
        case ownVMM = "an agent ends no VMM but its instance's own"
        case epochHolds = "the epoch never goes back at an agent"
        case generationHolds = "the generation never goes back at an agent"
        case acknowledgedHolds = "what was acknowledged is there"
        case usageIsSum = "usage is the sum of the allocations"
        case capacityHolds = "no node is filled beyond its capacity"
        case apart = "instances that must be apart are apart"
        case comesToRest = "everything comes to rest when nothing goes wrong any more"
        case leavesNothing = "what is deleted or has failed leaves nothing behind"
    }

    package var promise: Promise
    package var at: Moment
    package var what: String
}
