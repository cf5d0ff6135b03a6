import Testing
import berth

struct DetachFilterTests {
    struct Case: Sendable {
        var typed: [String]
        var sent: String
        var detaches: Bool
    }

    @Test(
        "~. at the beginning of a line detaches, ~~ sends one ~, and every other ~ is the guest's",
        arguments: [
            Case(typed: ["~."], sent: "", detaches: true),
            Case(typed: ["ls\r~."], sent: "ls\r", detaches: true),
            Case(typed: ["ls\n", "~", ".rest"], sent: "ls\n", detaches: true),
            Case(typed: ["ls ~.txt\r"], sent: "ls ~.txt\r", detaches: false),
            Case(typed: ["~~.\r"], sent: "~.\r", detaches: false),
            Case(typed: ["~", "/bin\r~."], sent: "~/bin\r", detaches: true),
            Case(typed: ["~\r~."], sent: "~\r", detaches: true),
            Case(typed: ["\r\r", "~x", "~."], sent: "\r\r~x~.", detaches: false),
        ])
    func filter(_ typed: Case) {
        var filter = DetachFilter()
        var sent: [UInt8] = []
        var detaches = false
        for piece in typed.typed where !detaches {
            let (send, detach) = filter.filter(piece.utf8)
            sent += send
            detaches = detach
        }
        #expect(String(decoding: sent, as: UTF8.self) == typed.sent)
        #expect(detaches == typed.detaches)
    }
}
