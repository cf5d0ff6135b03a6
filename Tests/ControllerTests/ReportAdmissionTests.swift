import ClusterModel
import Controller
import Foundation
import Testing

@Suite("a storm of reports is taken in a few at a time")
struct ReportAdmissionTests {
    @Test("full reports take turns, those that wait longest first, and there are never more under way than may be")
    func turns() async throws {
        var bounds = ReportAdmission.Bounds()
        bounds.atOnce = 2
        let admission = ReportAdmission(bounds)
        let ledger = SlowLedger()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<6 {
                group.addTask { try await admission.admit(.random(), full: true) { await ledger.take(number) } }
                try await eventually { await ledger.begun.count == min(number + 1, 2) }
                // The waiting line is not seen from outside; each has to be in it before the next.
                if number >= 2 { try await Task.sleep(for: .milliseconds(20)) }
            }
            for finished in 1...6 {
                await ledger.finishOne()
                try await eventually { await ledger.begun.count == min(finished + 2, 6) }
            }
            try await group.waitForAll()
        }
        #expect(await ledger.begun == Array(0..<6))
        #expect(await ledger.most == 2)
    }

    @Test("who finds the line full is sent away at once; what is not full takes no turn")
    func full() async throws {
        var bounds = ReportAdmission.Bounds()
        bounds.atOnce = 1
        bounds.waiting = 0
        let admission = ReportAdmission(bounds)
        let ledger = SlowLedger()
        async let first: Void = admission.admit(.random(), full: true) { await ledger.take(0) }
        try await eventually { await ledger.begun == [0] }
        let error = await #expect(throws: ErrorBody.self) { try await admission.admit(.random(), full: true) {} }
        #expect(error?.code == .unavailable)
        #expect(try await admission.admit(.random(), full: false) { 7 } == 7)
        await ledger.finishOne()
        try await first
        try await admission.admit(.random(), full: true) {}
    }

    @Test("a node that sends report upon report is stopped by itself, and no other is")
    func perNode() async throws {
        let admission = ReportAdmission()
        let ledger = SlowLedger()
        let noisy = NodeID.random()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<4 { group.addTask { try await admission.admit(noisy, full: false) { await ledger.take(number) } } }
            try await eventually { await ledger.begun.count == 4 }
            let error = await #expect(throws: ErrorBody.self) { try await admission.admit(noisy, full: false) {} }
            #expect(error?.code == .tooManyRequests)
            try await admission.admit(.random(), full: false) {}
            for _ in 0..<4 { await ledger.finishOne() }
            try await group.waitForAll()
        }
        try await admission.admit(noisy, full: false) {}
    }
}

/// Takes what it is given and lets go of it when it is told to.
private actor SlowLedger {
    private(set) var begun: [Int] = []
    private(set) var most = 0
    private var held: [CheckedContinuation<Void, Never>] = []

    func take(_ number: Int) async {
        begun.append(number)
        most = max(most, held.count + 1)
        await withCheckedContinuation { held.append($0) }
    }

    func finishOne() { if !held.isEmpty { held.removeFirst().resume() } }
}
