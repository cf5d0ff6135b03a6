import ArgumentParser
import ClusterAPI
import ClusterModel
import Testing
import berth

struct LaunchOptionsTests {
    @Test("nothing said is nothing asked: the controller's defaults hold")
    func empty() throws {
        #expect(try LaunchOptions.parse([]).request == LaunchRequest())
    }

    @Test("every option arrives in the request")
    func everything() throws {
        var expected = LaunchRequest()
        expected.name = try Name("api")
        expected.size = try Name("small")
        expected.image = try Name("debian")
        expected.labels = Labels([try Label("tier=front"), try Label("owner=ann")])
        expected.groups = [try Name("api"), try Name("all")]
        expected.policy = .spread
        expected.restart = .never
        expected.stopTimeout = Milliseconds(90_000)
        expected.queue = true
        expected.recovery = .fenced
        expected.ephemeral = true
        expected.priority = 7
        expected.count = 3
        expected.allOrNone = true
        var constraints = Constraints()
        constraints.require = [try Label("rack=r1")]
        constraints.prefer = [try Label("disk=ssd")]
        constraints.tolerate = [Toleration(key: "dedicated", value: "gpu"), Toleration(key: "noisy")]
        constraints.traits = ["kvm.native"]
        constraints.architecture = .aarch64
        constraints.pool = try Name("gpu")
        constraints.antiAffinity = [.init(group: try Name("api")), .init(group: try Name("db"), domain: "rack", hard: false)]
        constraints.affinity = [.init(group: try Name("cache"), domain: "zone")]
        constraints.spread = [
            .init(group: try Name("api"), domain: "rack", maximumSkew: 2), .init(group: try Name("all"), domain: "rack", maximumSkew: 2),
        ]
        expected.constraints = constraints
        let arguments = """
            api --size small --image debian --label tier=front --label owner=ann --group api --group all --policy spread --restart never \
            --stop-timeout 90s --queue --recovery fenced --ephemeral --priority 7 --count 3 --all-or-none --require rack=r1 --prefer disk=ssd --tolerate dedicated=gpu --tolerate noisy \
            --trait kvm.native --architecture aarch64 --pool gpu --anti-affinity api --anti-affinity db@rack:soft --affinity cache@zone --spread rack=2
            """
        #expect(try LaunchOptions.parse(arguments.split(separator: " ").map(String.init)).request == expected)
    }

    @Test(
        "what can't be meant is refused with the reason",
        arguments: [
            (["a/b"], "“a/b” is no valid name"),
            (["--require", "rack"], "write key=value"),
            (["--count", "0"], "from 1 to"),
            (["--count", "9223372036854775808"], "from 1 to"),
            (["--stop-timeout", "30"], "such as 500ms, 30s"),
            (["--spread", "rack"], "--spread needs --group"),
            (["--group", "a", "--spread", "rack=0"], "is no skew"),
            (["--all-or-none"], "needs --count"),
            (["--anti-affinity", "a@b c"], "is no label key"),
            (["--anti-affinity", "@rack"], "is no valid name"),
            (["--label", "a=1", "--label", "a=2"], "one key two values"),
            (["--trait", "a b"], "write a trait"),
            (["--policy", "best"], "pack"),
        ] as [([String], String)])
    func refused(arguments: [String], says: String) {
        do {
            _ = try LaunchOptions.parse(arguments)
            Issue.record("taken: \(arguments)")
        } catch {
            #expect(LaunchOptions.fullMessage(for: error).contains(says))
        }
    }
}
