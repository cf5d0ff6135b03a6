import ClusterModel
import Testing

@Suite("the times of a lease")
struct LeaseTimingTests {
    @Test("both profiles hold the inequalities")
    func profiles() throws {
        for profile in [LeaseTiming.standard, .fast] {
            #expect(try LeaseTiming(renew: profile.renew, length: profile.length, kill: profile.kill, wait: profile.wait) == profile)
        }
    }

    @Test("a wait one millisecond under the bound is refused with the numbers, and the bound itself is taken")
    func shortWait() throws {
        let length = Milliseconds(seconds: 30)
        let kill = Milliseconds(seconds: 5)
        // 30000 * 1.01 / 0.99 + 5000 * 1.01, each rounded up.
        let bound = Milliseconds(30_607 + 5050)
        #expect(LeaseTiming.shortestWait(length: length, kill: kill) == bound)
        #expect(throws: Never.self) { try LeaseTiming(renew: Milliseconds(seconds: 3), length: length, kill: kill, wait: bound) }
        let refusal = #expect(throws: LeaseTimingError.self) {
            try LeaseTiming(renew: Milliseconds(seconds: 3), length: length, kill: kill, wait: bound - Milliseconds(1))
        }
        for number in ["30s", "5s", "35656ms", "35657ms"] { #expect(refusal?.description.contains(number) == true, "\(refusal?.description ?? "")") }
    }

    @Test("a renewal too slow for half the lease is refused")
    func slowRenewal() throws {
        #expect(throws: LeaseTimingError.self) {
            try LeaseTiming(
                renew: Milliseconds(7001), length: Milliseconds(seconds: 30), kill: Milliseconds(seconds: 5), wait: Milliseconds(seconds: 36))
        }
        #expect(throws: LeaseTimingError.self) {
            try LeaseTiming(renew: .zero, length: Milliseconds(seconds: 30), kill: Milliseconds(seconds: 5), wait: Milliseconds(seconds: 36))
        }
    }
}
