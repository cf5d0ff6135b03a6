import ClusterModel
import Testing
import berth

struct WaitGoalTests {
    private func status(_ state: InstanceState) -> InstanceStatus { InstanceStatus(state: state, reason: "why", since: Timestamp(milliseconds: 0)) }

    @Test("a wait ends when the state is reached, and at once when it never will be")
    func verdicts() throws {
        let running = try WaitGoal("running")
        #expect(running.judge(status(.running)) == .reached)
        #expect(running.judge(status(.starting)) == .notYet)
        #expect(running.judge(status(.unknown)) == .notYet)
        #expect(running.judge(nil) == .never("does not exist"))
        #expect(running.judge(status(.failed)) == .never("has failed: why; start it again or delete it"))
        #expect(try WaitGoal("failed").judge(status(.failed)) == .reached)
        let deleted = try WaitGoal("deleted")
        #expect(deleted.judge(nil) == .reached)
        #expect(deleted.judge(status(.failed)) == .notYet)
        #expect { try WaitGoal("ready") } throws: { "\($0)".contains("running") }
    }
}
