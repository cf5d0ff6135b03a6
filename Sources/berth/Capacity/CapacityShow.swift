import ArgumentParser
import Planner

struct CapacityShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Total, used, free and stranded room, by cluster, zone, rack and node.",
        discussion: "Stranded is what is free in one resource and can't be used for want of another, given the mix of what runs.")

    @OptionGroup var answer: AnswerOptions
    @OptionGroup var source: SnapshotOptions

    func run() async throws { try answer.show(CapacityReport(try await source.snapshot()), title: "Capacity") }
}
