import ClusterModel

enum Sample {
    static let at = Timestamp(milliseconds: 1_795_385_912_123)
    static func id<Kind>(_ last: Int) -> ID<Kind> { ID("00000000-0000-4000-8000-00000000000\(last)")! }
    static func name(_ text: String) -> Name { try! Name(text) }
    static func label(_ text: String) -> Label { try! Label(text) }
    static let digest = Digest(hex: String(repeating: "ab", count: 32))!
    static let room = Resources(cpu: MilliCPU(1000), memory: MiB(128), disk: MiB(1024), devices: [.init(name: name("gpu"), count: 1)])
    static let imageReference = ImageReference(name: name("tiny"), digest: digest, format: .linux, bytes: 12_345_678)

    static let network = InstanceNetwork(IPv4Address("10.100.1.9")!, in: try! IPv4Range("10.100.1.0/24"))

    static func instance() -> Instance {
        var constraints = Constraints()
        constraints.require = [label("rack=r1")]
        constraints.antiAffinity = [.init(group: name("web"), domain: "rack", hard: false)]
        constraints.spread = [.init(group: name("web"), domain: "zone", maximumSkew: 2)]
        let spec = InstanceSpec(
            size: name("tiny"), resources: room, image: imageReference, labels: Labels([label("app=web")]), groups: [name("web")],
            constraints: constraints, policy: .pack,
            seed: SeedSummary(userDataBytes: 12, vendorDataBytes: 0, keys: [name("laptop")]), protected: true, expiresAt: at,
            volumes: [name("data")])
        let status = InstanceStatus(
            state: .running, observedGeneration: 1, address: "10.0.2.15", pid: 4242, since: at,
            timings: StartTimings(imageReady: 10, diskReady: 20, seedReady: 30, spawned: 40))
        let placement = InstancePlacement(node: id(2), nodeName: name("n1"), allocation: room, decidedAt: at, revision: 7, network: network)
        return Instance(
            id: id(1), name: name("web-1"), project: name("default"), generation: 1, spec: spec, status: status, placement: placement, createdAt: at,
            history: [Transition(at: at, from: .starting, to: .running, reason: "the VMM runs")])
    }

    static func registration() -> NodeRegistration {
        let facts = NodeFacts(
            architecture: .x86_64, kvm: .emulated(instructionsPerSecond: 1_000_000), vmm: .qemu, vmmVersion: "7.2.22", agentVersion: "0.1.0",
            kernel: "6.1.0", traits: ["cpu.avx2"], overhead: MiB(96),
            migration: MigrationFacts(endpoint: "10.0.0.5:7481", machine: "tcg pc-q35-7.2 qemu64"),
            network: NodeNetwork(mode: .bridge, range: try! IPv4Range("10.100.1.0/24"), reason: "asked for"))
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
            silence: NodeSilence(since: at, lostAt: at, proof: FencingProof(kind: .hook, sentence: "the fence command succeeded")), registeredAt: at,
            pools: [pool])
    }

    static func image() -> Image {
        Image(
            id: id(3), name: name("tiny"), digest: digest, format: .linux, architecture: .x86_64, bytes: 12_345_678, minimumDisk: .zero,
            createdAt: at,
            sourceDigest: Digest(hex: String(repeating: "cd", count: 32)), version: "12.11", os: "debian", cloudInit: .nocloud, project: name("shop"))
    }

    static func operation() -> InstanceOperation {
        InstanceOperation(
            id: id(4), kind: .launch, instance: id(1), instanceName: name("web-1"), project: name("shop"), generation: 1, createdAt: at)
    }

    static func events() -> [Event] {
        let subjects: [Event.Subject] = [
            .cluster, .node(id(2), name: name("n1")), .instance(id(1), name: name("web-1")), .image(name("tiny")), .size(name("small")),
            .key(name("laptop")), .volume(id(7), name: name("data")), .snapshot(id(8), name: name("before")), .project(name("shop")),
            .account(AccountName(project: name("shop"), name: name("ci"))),
        ]
        return subjects.enumerated().map { index, subject in
            Event(
                revision: 7, index: index, at: at, level: .warning, reason: "NodeSuspect", subject: subject,
                project: index == 2 ? name("shop") : nil, message: "not heard from for 10s")
        }
    }

    static func explanation() -> Explanation {
        let refusals: [Refusal] = [
            .short(of: .memory, need: 1024, free: 512), .short(of: .device(name("gpu")), need: 2, free: 1), .missingLabel(label("rack=r1")),
            .missingTrait("kvm.native"), .wrongArchitecture(need: .aarch64, has: .x86_64), .wrongPool(need: nil, has: name("gpu")),
            .tainted(Taint(label: label("dedicated=gpu"))), .cordoned, .draining, .stale, .noAddress, .apartFrom(group: name("web"), domain: "rack"),
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
            observed: [
                ObservedInstance(
                    id: id(1), name: name("web-1"), generation: 1, state: .running, pid: 4242, resources: room, storage: observedStorage,
                    migration: migrated)
            ],
            hold: Milliseconds(seconds: 3),
            storage: ObservedNodeStorage(
                volumes: [ObservedVolume(id: id(7), generation: 2, state: .ready, reason: "grown", size: MiB(2048), used: MiB(12))],
                pools: [pool]))
    }

    static func syncAnswer() -> SyncAnswer {
        SyncAnswer(
            epoch: Epoch(3), interval: Milliseconds(seconds: 3), revision: 6, full: false,
            desired: [
                DesiredInstance(
                    id: id(1), name: name("web-1"), project: name("default"), generation: 1, desired: .running, resources: room,
                    image: imageReference,
                    restart: .onFailure, reboots: 0, stopTimeout: Milliseconds(seconds: 30), fenced: true, seeded: true, storage: storage,
                    migration: order, network: network)
            ], needsFull: false, streams: [StreamRequest(id: id(6), instance: id(1), source: .log(lines: 10, follow: true))],
            lease: LeaseGrant(length: Milliseconds(seconds: 30)),
            volumes: [
                DesiredVolume(
                    place: place, name: name("data"), generation: 2, deleted: true, size: MiB(2048), made: true, attached: id(1), source: place)
            ])
    }

    static let migrated = MigrationReport(
        id: id(4), stage: .handedOver, secret: "ab", progress: TransferProgress(total: 300, remaining: 100, rate: 10), reason: "why")
    static let order = MigrationOrder(
        id: id(4), part: .send, live: true, endpoint: "10.0.0.5:7481", secret: "ab",
        limits: MigrationLimits(bandwidth: MiB(100), maxDowntime: Milliseconds(200)))
    static let pool = StoragePool(name: name("default"), total: MiB(102_400), available: MiB(51_200))
    static let place = VolumePlace(id: id(7), pool: name("default"), format: .qcow2)
    static let storage = InstanceStorage(
        volumes: [AttachedVolume(place: place, size: MiB(2048), limits: IOLimits(iops: 500, bytesPerSecond: 1 << 20), port: 3)],
        snapshots: [
            DesiredSnapshot(
                id: id(8), deleted: true, quiesce: true, volumes: [place], export: ExportOrder(number: 1, image: name("golden")))
        ], restore: RestoreOrder(number: 1, snapshot: id(8)), rebuilds: 1, origin: SnapshotOrigin(instance: id(9), snapshot: id(8)))
    static let observedStorage = ObservedStorage(
        generation: 1, failure: "no room", waiting: "for the guest", volumes: [id(7)],
        snapshots: [ObservedSnapshot(id: id(8), consistency: .quiesced, pauseMicroseconds: 1200, exported: 1)])

    static func volume() -> Volume {
        Volume(
            id: id(7), name: name("data"), project: name("default"), generation: 2,
            spec: VolumeSpec(
                size: MiB(2048), format: .raw, pool: name("default"), limits: IOLimits(iops: 500, bytesPerSecond: 1 << 20), deleteWithInstance: true,
                source: VolumeSource(volume: id(6), name: name("old"), format: .qcow2, pool: name("default"))),
            status: VolumeStatus(state: .inUse, reason: "grown", size: MiB(2048), used: MiB(12), observedGeneration: 2), node: id(2),
            nodeName: name("n1"), attachment: VolumeAttachment(instance: id(1), instanceName: name("web-1"), state: .attached), createdAt: at)
    }

    static func snapshot() -> Snapshot {
        Snapshot(
            id: id(8), name: name("before"), project: name("default"), instance: id(1), instanceName: name("web-1"), node: id(2),
            nodeName: name("n1"), state: .ready, reason: "none", consistency: .crash, pauseMicroseconds: 1200,
            disks: [SnapshotDisk(name: name("root"), size: MiB(1024)), SnapshotDisk(volume: id(7), name: name("data"), size: MiB(2048))],
            generation: 4, image: imageReference, size: name("tiny"), createdAt: at)
    }
}
