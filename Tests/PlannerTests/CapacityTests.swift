import ClusterModel
import Placement
import Planner
import Testing

@Suite("capacity and what-if")
struct CapacityTests {
    static func cluster() throws -> ClusterSnapshot {
        try ClusterFile(
            text: """
                name: small
                nodes:
                  - {name: 'n{}', count: 3, labels: {rack: r1}, cpu: 8, memory: 16GiB, disk: 100GiB, overhead: 64MiB}
                  - {name: gpu, labels: {rack: r2}, cpu: 8, memory: 16GiB, disk: 100GiB, devices: {gpu: 2}, traits: [fast]}
                sizes:
                  - {name: web, cpu: 2, memory: 2GiB, disk: 10GiB}
                  - {name: large, cpu: 4, memory: 12GiB, disk: 10GiB}
                  - {name: quick, cpu: 1, memory: 1GiB, disk: 1GiB, traits: [fast]}
                  - {name: vision, cpu: 1, memory: 1GiB, disk: 1GiB, devices: {gpu: 1}}
                instances:
                  - {name: 'web-{}', count: 3, size: web, node: n1}
                  - {name: see, size: vision, node: gpu}
                """, file: "small.yaml"
        ).snapshot()
    }

    @Test("as many fit as can then be launched, and not one more")
    func fit() throws {
        let snapshot = try Self.cluster()
        let fit = CapacityFit(snapshot, sizes: snapshot.sizes)
        for (size, answer) in zip(snapshot.sizes, fit.answers) {
            let launched = try WhatIf(snapshot, changes: [.launch(size: size.name, count: answer.count + 1)])
            #expect(launched.failures.count == 1, "\(size.name): \(answer.count)")
        }
        #expect(fit.answers.map(\.count) == [12, 3, 7, 1])
        #expect(fit.answers[3].limitedBy == "device/gpu" || fit.answers[3].limitedBy == "cpu")
    }

    @Test("room adds up: total less reserved times ratio is allocated and free, by rack and in all")
    func sums() throws {
        let report = CapacityReport(try Self.cluster())
        for row in report.rows { #expect(row.allocatable == row.allocated + row.free, "\(row.name)") }
        let all = try #require(report.rows.first)
        let racks = report.rows.filter { $0.level == "rack" }
        #expect(racks.map(\.name) == ["r1", "r2"])
        #expect(racks.reduce(Resources.zero) { $0 + $1.free } == all.free)
        #expect(report.rows.count == 1 + 2 + 4)
    }

    @Test("memory on a node without CPU is stranded, and an even mix strands nothing")
    func stranding() throws {
        let snapshot = try ClusterFile(
            text: """
                name: stranded
                nodes:
                  - {name: 'n{}', count: 2, cpu: 4, memory: 8GiB, disk: 0MiB}
                instances:
                  - {name: thirsty, cpu: 4, memory: 2GiB, node: n1}
                  - {name: even, cpu: 1, memory: 3GiB, node: n2}
                """, file: "s.yaml"
        ).snapshot()
        let nodes = CapacityReport(snapshot).rows.filter { $0.level == "node" }
        #expect(nodes[0].stranded.memory == MiB(6144))
        #expect(nodes[1].stranded.memory == MiB(5120 - 3072))
        #expect(nodes[1].stranded.cpu == .zero)
    }

    @Test("the number of nodes that may be lost is one less than the set that is shown to break it")
    func survival() throws {
        let snapshot = try Self.cluster()
        let survival = CapacitySurvival(snapshot)
        // The only GPU node holds an instance that needs it.
        #expect(survival.survivableNodes == 0)
        #expect(survival.breakingNodes?.map(\.text) == ["gpu"])
        #expect(survival.unplaceable.map(\.text) == ["see"])
        var without = snapshot
        without.instances.removeLast()
        let better = CapacitySurvival(without)
        #expect(better.survivableNodes == 3)
        let lost = try #require(better.breakingNodes)
        #expect(try WhatIf(without, changes: lost.map { .lose($0) }).failures.count == better.unplaceable.count)
    }

    @Test("what is lost moves, what does not fit fails with its reasons, and the cluster itself stays as it was")
    func whatIf() throws {
        let snapshot = try Self.cluster()
        let lost = try WhatIf(snapshot, changes: [.lose(try Name("n1")), .lose(try Name("gpu"))])
        #expect(lost.moves.count == 3)
        #expect(lost.moves.allSatisfy { $0.from?.text == "n1" })
        #expect(lost.failures.map(\.instance.text) == ["see"])
        #expect(lost.nodesAfter == 2)
        let shrunk = try WhatIf(snapshot, changes: [.resize(try Name("n1"), cpu: MilliCPU(vcpus: 4), memory: nil, disk: nil)])
        #expect(shrunk.moves.count == 1)
        let grown = try WhatIf(
            snapshot, changes: [.add(like: try Name("gpu"), count: 2), .launch(size: try Name("vision"), count: 6)])
        #expect(grown.moves.count == 5)
        #expect(grown.failures.count == 1)
        #expect(snapshot.nodes.count == 4)
    }

    @Test("a change of what is not there is refused")
    func unknown() throws {
        let snapshot = try Self.cluster()
        for change in [
            PlannedChange.lose(try Name("x")), .loseLabelled(try Label("rack=r9")), .launch(size: try Name("x"), count: 1),
            .add(like: try Name("n1"), count: 0), .launch(size: try Name("web"), count: 1_000_000_000),
        ] {
            #expect(throws: WhatIf.Invalid.self) { try WhatIf(snapshot, changes: [change]) }
        }
    }

    @Test("a page holds nothing that a name could run, and asks no other server")
    func page() throws {
        let page = AnswerPage.html(title: "<script>alert(1)</script>", answer: CapacityReport(try Self.cluster()))
        #expect(!page.contains("<script"))
        #expect(!page.contains("http"))
        #expect(page.contains("<svg"))
    }

    @Test("CSV quotes what has commas and quotes")
    func csv() {
        var table = AnswerTable("t", [.text("a"), .number("b")])
        table.add("x, \"y\"", "1")
        #expect(table.csv == "a,b\r\n\"x, \"\"y\"\"\",1\r\n")
        #expect(table.text == "A       B\nx, \"y\"  1\n")
    }
}
