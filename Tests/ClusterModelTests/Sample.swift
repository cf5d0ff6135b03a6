import ClusterModel

enum Sample {
    static let at = Timestamp(milliseconds: 1_795_385_912_123)
    static func id<Kind>(_ last: Int) -> ID<Kind> { ID("00000000-0000-4000-8000-00000000000\(last)")! }
    static func name(_ text: String) -> Name { try! Name(text) }
    static func label(_ text: String) -> Label { try! Label(text) }
    static let digest = Digest(hex: String(repeating: "ab", count: 32))!
    static let room = Resources(cpu: MilliCPU(1000), memory: MiB(128), disk: MiB(1024), devices: [.init(name: name("gpu"), count: 1)])
    static let imageReference = ImageReference(name: name("tiny"), digest: digest, format: .linux, bytes: 12_345_678)

    static func instance() -> Instance {
        var constraints = Constraints()
        constraints.require = [label("rack=r1")]
        constraints.antiAffinity = [.init(group: name("web"), domain: "rack", hard: false)]
        constraints.spread = [.init(group: name("web"), domain: "zone", maximumSkew: 2)]
        let spec = InstanceSpec(
            size: name("tiny"), resources: room, image: imageReference, labels: Labels([label("app=web")]), groups: [name("web")],
            constraints: constraints, policy: .pack,
            seed: SeedSummary(userDataBytes: 12, vendorDataBytes: 0, keys: [name("laptop")]), protected: true, expiresAt: at)
        let status = InstanceStatus(
            state: .running, observedGeneration: 1, address: "10.0.2.15", pid: 4242, since: at,
            timings: StartTimings(imageReady: 10, diskReady: 20, seedReady: 30, spawned: 40))
        let placement = InstancePlacement(node: id(2), nodeName: name("n1"), allocation: room, decidedAt: at, revision: 7)
        return Instance(
            id: id(1), name: name("web-1"), project: name("default"), generation: 1, spec: spec, status: status, placement: placement, createdAt: at,
            history: [Transition(at: at, from: .starting, to: .running, reason: "the VMM runs")])
    }

    static func registration() -> NodeRegistration {
        let facts = NodeFacts(
            architecture: .x86_64, kvm: .emulated(instructionsPerSecond: 1_000_000), vmm: .qemu, vmmVersion: "7.2.22", agentVersion: "0.1.0",
            kernel: "6.1.0", traits: ["cpu.avx2"], overhead: MiB(96))
        let capacity = Capacity(
            total: Resources(cpu: MilliCPU(8000), memory: MiB(16384), disk: MiB(102_400)),
            reserved: Resources(cpu: MilliCPU(500), memory: MiB(512), disk: MiB(4096)), overcommit: .init(cpuPercent: 150))
        return NodeRegistration(
            name: name("n1"), labels: Labels([label("rack=r1")]), taints: [Taint(label: label("dedicated=gpu"))], facts: facts, capacity: capacity)
    }

    static func node() -> Node {
        let registration = registration()
        return Node(
            id: id(2), name: registration.name, labels: registration.labels, taints: registration.taints, facts: registration.facts,
            capacity: registration.capacity, cordoned: false, draining: true,
            drain: DrainOrder(stop: true, parallel: 4, startedAt: at, finishedAt: at), health: .lost,
            silence: NodeSilence(since: at, lostAt: at, proof: FencingProof(kind: .hook, sentence: "the fence command succeeded")), registeredAt: at)
    }

    static func image() -> Image {
        Image(
            id: id(3), name: name("tiny"), digest: digest, format: .linux, architecture: .x86_64, bytes: 12_345_678, minimumDisk: .zero,
            createdAt: at,
            sourceDigest: Digest(hex: String(repeating: "cd", count: 32)), version: "12.11", os: "debian", cloudInit: .nocloud)
    }

    static func operation() -> InstanceOperation {
        InstanceOperation(id: id(4), kind: .launch, instance: id(1), instanceName: name("web-1"), generation: 1, createdAt: at)
    }

    static func events() -> [Event] {
        let subjects: [Event.Subject] = [
            .cluster, .node(id(2), name: name("n1")), .instance(id(1), name: name("web-1")), .image(name("tiny")), .size(name("small")),
            .key(name("laptop")),
        ]
        return subjects.enumerated().map { index, subject in
            Event(revision: 7, index: index, at: at, level: .warning, reason: "NodeSuspect", subject: subject, message: "not heard from for 10s")
        }
    }

    static func explanation() -> Explanation {
        let refusals: [Refusal] = [
            .short(of: .memory, need: 1024, free: 512), .short(of: .device(name("gpu")), need: 2, free: 1), .missingLabel(label("rack=r1")),
            .missingTrait("kvm.native"), .wrongArchitecture(need: .aarch64, has: .x86_64), .wrongPool(need: nil, has: name("gpu")),
            .tainted(Taint(label: label("dedicated=gpu"))), .cordoned, .draining, .stale, .apartFrom(group: name("web"), domain: "rack"),
            .shunned(group: name("web"), domain: "rack"),
            .notTogetherWith(group: name("web"), domain: nil), .skewed(domain: "zone", count: 3, maximum: 2), .missingDomain("zone"),
        ]
        return Explanation(
            policy: .pack, chosen: id(2),
            nodes: [
                .init(node: id(2), name: name("n1"), score: 0.25, refusals: []),
                .init(node: id(5), name: name("n2"), score: nil, refusals: refusals, reservations: ["not preferred: disk=ssd"]),
            ])
    }

    static func syncRequest() -> SyncRequest {
        SyncRequest(
            bootID: "boot", session: "session", number: 12, highestEpoch: Epoch(3), seen: 5, registration: registration(), full: true,
            observed: [ObservedInstance(id: id(1), name: name("web-1"), generation: 1, state: .running, pid: 4242, resources: room)],
            hold: Milliseconds(seconds: 3))
    }

    static func syncAnswer() -> SyncAnswer {
        SyncAnswer(
            epoch: Epoch(3), interval: Milliseconds(seconds: 3), revision: 6, full: false,
            desired: [
                DesiredInstance(
                    id: id(1), name: name("web-1"), project: name("default"), generation: 1, desired: .running, resources: room,
                    image: imageReference,
                    restart: .onFailure, reboots: 0, stopTimeout: Milliseconds(seconds: 30), fenced: true, seeded: true)
            ], needsFull: false, streams: [StreamRequest(id: id(6), instance: id(1), source: .log(lines: 10, follow: true))],
            lease: LeaseGrant(length: Milliseconds(seconds: 30)))
    }
}
