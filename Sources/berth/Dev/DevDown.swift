import ArgumentParser
import ClusterAPI
import ClusterModel

struct DevDown: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "Stop the cluster that `dev up` started, with its VMs, and forget it.",
        discussion: "With --keep-guests the VMs run on and everything is kept; the next `dev up` takes it up again.")

    @Flag(help: "Leave VMs running, and keep the cluster's data.")
    var keepGuests = false

    @OptionGroup var options: DevOptions

    func run() async throws {
        let directory = try DevDirectory(options.directory)
        let lock = try directory.lock()
        defer { withExtendedLifetime(lock) {} }
        let progress = ProgressLine(quiet: options.quiet)
        defer { progress.end() }
        guard let state = try DevState.read(directory) else {
            directory.removeIfEmpty()
            if !options.quiet { StandardError.write("no cluster is up in \(directory.path)\n") }
            return
        }
        let stop = DevStop(directory: directory, state: state, progress: progress)
        let guests = keepGuests ? 0 : try await stop.deleteInstances()
        try await stop.endProcesses()
        if !keepGuests {
            try await stop.endGuestsLeft()
            try DevContext.restore(state)
            directory.remove(state.processNames)
            DevState.forget(directory)
            directory.removeIfEmpty()
        }
        progress.end()
        guard !options.quiet else { return }
        let fate = keepGuests ? "VMs run on" : guests == 1 ? "1 instance was deleted" : "\(guests) instances were deleted"
        StandardError.write("the cluster is down after \(HumanText.took(progress.elapsed)); \(fate)\n")
    }
}
