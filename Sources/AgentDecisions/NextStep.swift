/// What the controller wants of an instance on this node.
package enum Wanted: Hashable, Sendable, CaseIterable {
    case running
    /// Running, after a reboot that it still owes.
    case rebooted
    case stopped
    case deleted
    /// Running, as soon as its node has a lease again.
    case withheld
    /// No desired spec speaks of it.
    case unknown
}

/// What there is of an instance on this node, as far as the next step depends on it.
package enum LocalState: Hashable, Sendable, CaseIterable {
    /// No file and no process.
    case absent
    /// On the way to running: some of its files may be there, its VMM is not.
    case launching
    case running
    /// Told to end.
    case stopping
    /// Its files are there, its VMM has ended.
    case halted
    /// A step failed for good.
    case failed
}

package enum NextStep: Hashable, Sendable {
    case nothing
    /// The next of the steps that lead to a running VMM.
    case launch
    /// Those of them that come before the VMM.
    case prepare
    case powerDown
    case kill
    case awaitEnd
    case removeFiles
    /// What is under way leads nowhere that is wanted: rest with what there is.
    case settle
    /// Leave it alone and report it.
    case quarantine
}

/// The whole of what an agent does: every pair has its answer, and the compiler sees to it.
package func nextStep(desired: Wanted, observed: LocalState) -> NextStep {
    switch (desired, observed) {
    case (.running, .absent), (.rebooted, .absent): .launch
    case (.running, .launching), (.rebooted, .launching): .launch
    case (.running, .running): .nothing
    case (.rebooted, .running): .powerDown
    case (.running, .stopping), (.rebooted, .stopping): .awaitEnd
    case (.running, .halted), (.rebooted, .halted): .launch
    case (.running, .failed), (.rebooted, .failed): .nothing
    case (.stopped, .absent): .nothing
    case (.stopped, .launching): .settle
    case (.stopped, .running): .powerDown
    case (.stopped, .stopping): .awaitEnd
    case (.stopped, .halted): .nothing
    case (.stopped, .failed): .settle
    case (.deleted, .absent): .nothing
    case (.deleted, .launching): .removeFiles
    case (.deleted, .running), (.deleted, .stopping): .kill
    case (.deleted, .halted), (.deleted, .failed): .removeFiles
    case (.withheld, .absent), (.withheld, .launching), (.withheld, .halted): .prepare
    case (.withheld, .running), (.withheld, .stopping): .kill
    case (.withheld, .failed): .nothing
    case (.unknown, .absent): .nothing
    case (.unknown, .launching), (.unknown, .running), (.unknown, .stopping), (.unknown, .halted), (.unknown, .failed): .quarantine
    }
}
