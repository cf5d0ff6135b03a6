import ArgumentParser
import FoundationEssentials
import Planner

enum AnswerFormat: String, CaseIterable, ExpressibleByArgument { case table, json, csv }

/// How an answer of the planner is shown.
struct AnswerOptions: ParsableArguments {
    @Option(name: [.customShort("o"), .long], help: "table, json or csv.")
    var output: AnswerFormat = .table

    @Option(help: ArgumentHelp("Also write a page with plots, which stands alone.", valueName: "file"))
    var html: String?

    func show(_ answer: some PlanningAnswer, title: String) throws {
        if let html {
            do { try Data(AnswerPage.html(title: title, answer: answer).utf8).write(to: URL(filePath: html), options: .atomic) } catch {
                throw CommandFailure(.failed, "\(html): cannot be written; check that its directory exists and may be written to")
            }
        }
        let text =
            switch output {
            case .table: answer.tables.map { $0.title == answer.tables.first?.title ? $0.text : "\n\($0.title)\n\($0.text)" }.joined()
            case .json: try Rendering.json(answer)
            case .csv: answer.tables.map(\.csv).joined(separator: "\r\n")
            }
        try StandardOutput.write(text)
    }
}
