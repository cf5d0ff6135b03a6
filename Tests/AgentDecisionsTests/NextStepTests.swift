import AgentDecisions
import Testing

@Suite("the next step")
struct NextStepTests {
    /// Rows: what is there; columns: what is wanted.
    private static let table = """
                      running   rebooted   stopped    deleted      unknown
        absent        launch    launch     nothing    nothing      nothing
        launching     launch    launch     settle     removeFiles  quarantine
        running       nothing   powerDown  powerDown  kill         quarantine
        stopping      awaitEnd  awaitEnd   awaitEnd   kill         quarantine
        halted        launch    launch     nothing    removeFiles  quarantine
        failed        nothing   nothing    settle     removeFiles  quarantine
        """

    @Test("every pair of wanted and found has the step of the table")
    func pairs() {
        let rows = Self.table.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        var seen = 0
        for row in rows.dropFirst() {
            for (column, expected) in zip(rows[0], row.dropFirst()) {
                let wanted = Wanted.allCases.first { "\($0)" == column }
                let found = LocalState.allCases.first { "\($0)" == row[0] }
                guard let wanted, let found else {
                    Issue.record("the table speaks of \(row[0]) and \(column)")
                    continue
                }
                #expect("\(nextStep(desired: wanted, observed: found))" == expected, "\(row[0]) and \(column)")
                seen += 1
            }
        }
        #expect(seen == Wanted.allCases.count * LocalState.allCases.count)
    }
}
