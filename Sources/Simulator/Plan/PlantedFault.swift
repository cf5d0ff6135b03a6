/// A mistake that the simulator makes on purpose, where real code could: each must be found.
package enum PlantedFault: String, Hashable, Sendable, CaseIterable {
    /// An agent obeys a controller whose term is over.
    case epochUnchecked = "epoch-unchecked"
    /// An agent forgets the highest epoch in a power cut.
    case epochNotSynced = "epoch-not-synced"
    /// A lease counts from when it arrives, and not from when it was asked for.
    case leaseFromReceipt = "lease-from-receipt"
    /// The controller counts leases as over before they are.
    case waitTooShort = "wait-too-short"
    /// Clients are answered before the commit.
    case replyBeforeCommit = "reply-before-commit"
    /// What nodes have in use is kept beside the allocations, and not taken back with them.
    case usageStored = "usage-stored"
    /// An older spec is taken for the newest when it arrives last.
    case generationUnchecked = "generation-unchecked"
    /// A node acts on a spec before its record is synced.
    case recordNotSynced = "record-not-synced"
    /// What a failed launch made is left there.
    case undoSkipped = "undo-skipped"
    /// Whatever has the recorded pid is taken for the instance's VMM.
    case adoptionByPid = "adoption-by-pid"
    /// Retried requests are taken for new ones.
    case keysForgotten = "keys-forgotten"
    /// Tombstones are dropped before their nodes confirm.
    case tombstoneDroppedEarly = "tombstone-dropped-early"
    /// A controller goes on granting when its term is over.
    case oldTermGrants = "old-term-grants"
    /// A new controller does not wait for the leases of the one before.
    case inheritedWaitSkipped = "inherited-wait-skipped"
    /// Syncs are held for longer than the lease.
    case heldPastLease = "held-past-lease"
    /// After a lapse an agent goes on with changes alone.
    case deltasAfterLapse = "deltas-after-lapse"
    /// Any number of nodes may be lost at once.
    case brakeOff = "brake-off"
    /// Cages and guard do not look at the deadline.
    case cageAsleep = "cage-asleep"
}
