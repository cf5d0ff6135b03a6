import ClusterAPI
import ClusterModel
import StrictYAML
import Testing
import berth

struct ExitStatusTests {
    @Test("every refusal of the controller has the exit code that the manual promises")
    func refusals() {
        let promised: [ErrorBody.Code: Int32] = [
            .invalid: 2, .unauthenticated: 5, .forbidden: 5, .notFound: 3, .conflict: 4, .idempotencyMismatch: 4, .gone: 3, .tooLarge: 2,
            .quotaExceeded: 6, .noCapacity: 7, .tooManyRequests: 9, .internal: 1, .unavailable: 9, .timeout: 8, .storageFull: 1,
        ]
        for code in ErrorBody.Code.allCases {
            #expect(ExitStatus(ErrorBody(code: code, message: "")).rawValue == promised[code], "\(code)")
        }
    }

    @Test("what is no refusal has its code too")
    func others() {
        #expect(ExitStatus(TransportError.unreachable(endpoint: "e", why: "w")) == .unreachable)
        #expect(ExitStatus(TransportError.timedOut(endpoint: "e")) == .timedOut)
        #expect(ExitStatus(TransportError.invalidEndpoint("e")) == .usage)
        #expect(ExitStatus(MalformedAnswer(status: 200, why: "w")) == .unreachable)
        #expect(ExitStatus(ConfigurationError(file: "f", message: "m")) == .usage)
        #expect(ExitStatus(CommandFailure(.noCapacity, "m")) == .noCapacity)
        #expect(ExitStatus(CancellationError()) == .interrupted)
        #expect(ExitStatus(ClosedPipe()) == .ok)
    }

    @Test("a refusal for want of room is told with its counts and the nearest miss")
    func noCapacity() {
        let none = NoPlacement(
            nodes: 40, counts: [.init(reason: "short-of-memory", nodes: 38), .init(reason: "cordoned", nodes: 2)],
            nearestMiss: "2 of 40 nodes short by 512 MiB of memory")
        let body = ErrorBody(code: .noCapacity, message: "No node fits “web”.", requestID: "r", noPlacement: none)
        #expect(
            RefusalText.of(body) == """
                No node fits “web”.
                  38 of 40 nodes: short of memory
                  2 of 40 nodes: cordoned
                  nearest: 2 of 40 nodes short by 512 MiB of memory
                """)
    }
}
