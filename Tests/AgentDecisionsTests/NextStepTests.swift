import AgentDecisions
import Testing

@Suite("the next step")
struct NextStepTests {
    /// Rows: what is there; columns: what is wanted.
    private static let table = """
                      running   rebooted   stopped    deleted      withheld  unknown
        absent        launch    launch     nothing    nothing      prepare   nothing
        launching     launch    launch     settle     removeFiles  prepare   quarantine
        running       nothing   powerDown  powerDown  kill         kill      quarantine
        stopping      awaitEnd  awaitEnd   awaitEnd   kill         kill      quarantine
        halted        launch    launch     nothing    removeFiles  prepare   quarantine
        failed        nothing   nothing    settle     removeFiles  nothing   quarantine
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
