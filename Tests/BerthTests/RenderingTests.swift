import ClusterAPI
import ClusterModel
import Logging
import StrictYAML
import Testing
import berth

struct RenderingTests {
    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    private func instance(_ name: String, _ state: InstanceState, on node: String?, age: Int64, reason: String? = nil) throws -> Instance {
        let id = try #require(InstanceID("00000000-0000-4000-8000-000000000001"))
        let created = Timestamp(milliseconds: now.milliseconds - age * 1000)
        let room = Resources(cpu: MilliCPU(500), memory: MiB(512), disk: MiB(1024))
        let digest = try #require(Digest(hex: String(repeating: "ab", count: 32)))
        return Instance(
            id: id, name: try Name(name), project: try Name("default"), generation: 2,
            spec: InstanceSpec(
                size: try Name("small"), resources: room,
                image: ImageReference(name: try Name("tiny"), digest: digest, format: .linux, bytes: 12_900_000)),
            status: InstanceStatus(
                state: state, observedGeneration: 1, reason: reason, address: node == nil ? nil : "10.0.2.15", pid: node == nil ? nil : 4242,
                since: created,
                timings: StartTimings(imageReady: 12_345, diskReady: 13_000, seedReady: 14_050, spawned: 25_999)),
            placement: try node.map { node in
                InstancePlacement(
                    node: try #require(NodeID("00000000-0000-4000-8000-00000000000a")), nodeName: try Name(node), allocation: room,
                    decidedAt: created,
                    revision: 7)
            }, createdAt: created, history: [Transition(at: created, from: nil, to: .scheduled, reason: "placed")])
    }

    private func node(_ name: String) throws -> NodeView {
        let capacity = Capacity(
            total: Resources(cpu: MilliCPU(vcpus: 4), memory: MiB(8192), disk: MiB(2 << 20)),
            reserved: Resources(cpu: MilliCPU(500), memory: MiB(512), disk: .zero))
        let used = Resources(cpu: MilliCPU(1500), memory: MiB(768), disk: MiB(1 << 19))
        let node = Node(
            id: try #require(NodeID("00000000-0000-4000-8000-00000000000a")), name: try Name(name), labels: Labels([try Label("rack=r1")]),
            taints: [],
            facts: NodeFacts(
                architecture: .x86_64, kvm: .emulated(instructionsPerSecond: 1_000_000), vmm: .qemu, vmmVersion: "7.2", agentVersion: "0.1.0",
                kernel: "6.1",
                traits: [], overhead: MiB(96)), capacity: capacity, cordoned: true, health: .suspect, registeredAt: now)
        return NodeView(node: node, allocated: used, free: capacity.allocatable - used, instances: 3, age: Milliseconds(11_800))
    }

    @Test("instances stand in aligned columns, with ages that people say")
    func instances() throws {
        let list = [
            try instance("web", .running, on: "n1", age: 42),
            try instance("a-longer-name", .pending, on: nil, age: 3 * 86_400, reason: "no\u{1B}[31m room"),
        ]
        let presentation = InstanceTable.presentation(now: now)
        #expect(
            try presentation.text(of: list, as: .table) == """
                NAME           STATE    NODE  SIZE   ADDRESS    AGE
                web            running  n1    small  10.0.2.15  42s
                a-longer-name  pending  -     small  -           3d

                """)
        #expect(try presentation.text(of: list, as: .name) == "web\na-longer-name\n")
        let wide = try presentation.text(of: list, as: .wide)
        #expect(wide.hasPrefix("NAME           STATE    NODE  SIZE   ADDRESS    AGE  ID  "))
        #expect(wide.contains("no\u{FFFD}[31m room"), "what a node says can't colour the terminal")
        #expect(try presentation.text(of: [], as: .table).isEmpty)
    }

    @Test("a node's row shows used of total in one unit")
    func nodes() throws {
        #expect(
            try NodeTable.presentation.text(of: [try node("n1")], as: .table) == """
                NAME  HEALTH   AGE      CPU       MEMORY  KVM       VMM   INSTANCES  CORDONED
                n1    suspect  11s  1.5/3.5  0.7/7.5 GiB  emulated  qemu          3  yes

                """)
        #expect(NodeText.of(try node("n1")).contains("Disk") == false)
        #expect(NodeText.of(try node("n1")).contains("Health:        suspect, heard from 11s ago, cordoned\n"))
    }

    @Test("an explanation names the outcome, every node, and in words why not")
    func explanation() throws {
        let first = try #require(NodeID("00000000-0000-4000-8000-00000000000a"))
        let second = try #require(NodeID("00000000-0000-4000-8000-00000000000b"))
        let third = try #require(NodeID("00000000-0000-4000-8000-00000000000c"))
        let explanation = Explanation(
            policy: .pack, chosen: second,
            nodes: [
                .init(node: first, name: try Name("n1"), score: nil, refusals: [.short(of: .memory, need: 1024, free: 512), .cordoned]),
                .init(node: second, name: try Name("n2"), score: -0.30884, refusals: [], reservations: ["would have to fetch the image"]),
                .init(node: third, name: try Name("n3"), score: 12, refusals: []),
            ])
        #expect(
            ExplanationText.of(explanation, wide: false) == """
                placed on n2; 2 of 3 nodes fit, policy pack
                NODE  VERDICT    SCORE  WHY
                n1    refused        -  short of memory: needs 1 GiB, free 512 MiB, short by 512 MiB; is cordoned
                n2    chosen   -0.3088  would have to fetch the image
                n3    fits     12.0000  -

                """)
    }

    @Test("one instance in full says what is wanted, what is seen, and how it came to that")
    func show() throws {
        let text = InstanceText.of(try instance("web", .running, on: "n1", age: 300), now: now)
        #expect(text.contains("State:       running for 5m, wanted running\n"))
        #expect(text.contains("Size:        small (0.5 vCPU, 512 MiB, 1 GiB disk)\n"))
        #expect(text.contains("Generation:  2, the node has acted on 1\n"))
        #expect(text.contains("Start took:  image at 12.3 ms, disk at 13.0 ms, seed at 14.0 ms, VMM at 25.9 ms\n"))
        #expect(text.hasSuffix("scheduled  placed\n"))
    }

    @Test("json and yaml are the API's values, and read back as such")
    func machineReadable() throws {
        let size = Size(name: try Name("on"), resources: Resources(cpu: MilliCPU(500), memory: MiB(512), disk: .zero), traits: [])
        #expect(
            try SizeTable.presentation.text(of: [size], as: .json) == """
                [
                  {
                    "name": "on",
                    "resources": {
                      "diskMiB": 0,
                      "memoryMiB": 512,
                      "milliCPU": 500
                    },
                    "traits": []
                  }
                ]

                """)
        #expect(try SizeTable.presentation.text(of: [Size](), as: .json) == "[]\n")
        let list = [try instance("web", .running, on: "n1", age: 5)]
        let presentation = InstanceTable.presentation(now: now)
        #expect(try WireJSON.decode([Instance].self, from: .init(try presentation.text(of: list, as: .json).utf8)) == list)
        let yaml = try ConfigurationDocument(text: try SizeTable.presentation.text(of: size, as: .yaml), file: "y").root.anyMapping()
        #expect(try yaml.required("name").string() == "on")
        #expect(try yaml.required("resources").anyMapping().required("memoryMiB").string() == "512")
    }

    @Test("text inside json is left as it is, whatever marks it holds")
    func jsonText() throws {
        #expect(try JSONText.pretty(["a\"b,{}[]:\\": "x: [1, 2]"]) == "{\n  \"a\\\"b,{}[]:\\\\\": \"x: [1, 2]\"\n}\n")
        #expect(try JSONText.pretty([[Int]()]) == "[\n  []\n]\n")
    }

    @Test("ages and amounts are short")
    func human() {
        #expect(
            [0, 59, 60, 3599, 3600, 47 * 3600, 48 * 3600].map { HumanText.age(Milliseconds(seconds: $0)) } == [
                "0s", "59s", "1m", "59m", "1h", "47h", "2d",
            ])
        #expect(HumanText.age(Milliseconds(-5000)) == "0s")
        #expect(HumanText.used(MiB(512), of: MiB(1536)) == "0.5/1.5 GiB")
        #expect(HumanText.used(MiB(0), of: MiB(0)) == "0/0 MiB")
        #expect(HumanText.bytes(1536) == "1.5 KiB")
        #expect(HumanText.took(.milliseconds(3256)) == "3.2s")
    }

    @Test("numbers in names are put in the order of numbers")
    func naturalOrder() {
        let ordered = ["", "n", "n-1", "n1", "n01", "n2", "n2-a10", "n2-b9", "n10", "n18446744073709551616", "o1"]
        for seed in 1...20 {
            let mixed = ordered.enumerated().sorted { ($0.offset &* 7919 &* seed) % 11 < ($1.offset &* 7919 &* seed) % 11 }.map(\.element)
            #expect(mixed.sorted(by: NaturalOrder.precedes) == ordered.sorted(by: NaturalOrder.precedes))
        }
        #expect(["n10", "n2", "o1", "n1"].sorted(by: NaturalOrder.precedes) == ["n1", "n2", "n10", "o1"])
        #expect(!NaturalOrder.precedes("n1", "n1"))
    }

    @Test("a log entry is one line, however its text is broken")
    func log() {
        let line = ServiceLog.line(at: now, .warning, "two\nlines", ["why": "a \"b\"", "node": "n1", "none": ""])
        #expect(line == "\(now) warning two\u{FFFD}lines node=n1 none=\"\" why=\"a \\\"b\\\"\"\n")
    }

    @Test("recovery says in a line whether it goes on, and why not")
    func recovery() throws {
        #expect(RecoveryText.of(RecoveryView(hold: nil, waits: nil, instances: 0)) == "automatic")
        #expect(
            RecoveryText.of(RecoveryView(hold: nil, waits: "3 of 5 nodes are silent.", instances: 1))
                == "automatic, but waits: 3 of 5 nodes are silent.; 1 instance to be started elsewhere")
        let hold = RecoveryHold(reason: .manyNodesLost, message: "2 of 5 nodes\u{1B}[31m were lost.", since: now)
        #expect(
            RecoveryText.of(RecoveryView(hold: hold, waits: nil, instances: 4))
                == "held since 2027-01-15T08:00:00.000Z (many-nodes-lost): 2 of 5 nodes\u{FFFD}[31m were lost.; 4 instances to be started elsewhere")
    }

    @Test("a drain shows its plan, and how far it has come")
    func drain() throws {
        let id = try #require(InstanceID("00000000-0000-4000-8000-000000000001"))
        let project = try Name("default")
        let plan = DrainPlan(items: [
            .init(instance: id, name: try Name("web"), project: project, action: .move, target: try Name("n2")),
            .init(instance: id, name: try Name("db"), project: project, action: .stop, reason: "keeps its disk"),
        ])
        #expect(
            DrainText.of(plan) == """
                INSTANCE  ACTION  TARGET  WHY
                web       move    n2      -
                db        stop    -       keeps its disk

                """)
        var order = DrainOrder(stop: true, parallel: 2, startedAt: now)
        #expect(DrainText.of(DrainProgress(order: order, moving: 2, stopping: 0, waiting: 3, reason: "no room")) == "2 moving, 3 waiting: no room")
        order.finishedAt = now
        #expect(DrainText.of(DrainProgress(order: order, moving: 0, stopping: 0, waiting: 0)) == "done at 2027-01-15T08:00:00.000Z")
    }
}
