import ClusterModel
import Foundation
import Placement
import Planner
import StrictYAML
import Testing

@Suite("cluster files")
struct ClusterFileTests {
    static let full = """
        name: mixed
        policy: pack
        nodes:
          - name: n{}
            count: 3
            labels: {zone: z1, rack: "1"}
            taints: ["dedicated=gpu:noPlace", "slow=yes:preferNoPlace"]
            cpu: "8"
            memory: 16GiB
            disk: 200GiB
            devices: {gpu: 2}
            reserved: {cpu: "0.5", memory: 512MiB, disk: 10GiB}
            overcommit: {cpu: 150}
            architecture: aarch64
            traits: [kvm.native]
            vmm: synthetic
            overhead: 80MiB
            cordoned: true
          - {name: plain, cpu: 4, memory: 1.5GiB, disk: 1TiB}
        sizes:
          - {name: web, cpu: "2", memory: 1GiB, disk: 20GiB, traits: [kvm.native]}
        instances:
          - {name: web, count: 2, size: web, node: plain, groups: [web], labels: {app: web}}
          - name: odd
            cpu: 1500m
            memory: 512MiB
            disk: 1GiB
            policy: spread
            require: [rack=1, zone=z1]
            prefer: [zone=z1]
            tolerate: [dedicated, slow=yes]
            architecture: aarch64
            pool: gpu
            antiAffinity: [{group: web}, {group: web, domain: rack, hard: false}]
            affinity: [{group: db, domain: zone}]
            spread: [{group: web, domain: rack, maximumSkew: 2}]
        """

    @Test("what is written reads back as the same cluster")
    func roundTrip() throws {
        let cluster = try ClusterFile(text: Self.full, file: "a.yaml")
        #expect(try ClusterFile(text: cluster.yaml(), file: "b.yaml") == cluster)
        #expect(cluster.machines().map(\.name.text) == ["n1", "n2", "n3", "plain"])
        let snapshot = cluster.snapshot()
        #expect(snapshot.instances.map(\.name.text) == ["web-1", "web-2", "odd"])
        #expect(snapshot.nodes[0].placement.allocatable.cpu == MilliCPU(11_250))
        let exported = ClusterFile(name: cluster.name, snapshot: snapshot)
        let again = try ClusterFile(text: exported.yaml(), file: "c.yaml").snapshot()
        #expect(again.nodes == snapshot.nodes)
        #expect(again.instances == snapshot.instances)
    }

    @Test("what a file pins to a node is allocated there, and the rest is placed in the file's order")
    func placing() throws {
        var snapshot = try ClusterFile(
            text: """
                name: small
                nodes:
                  - {name: a, cpu: 4, memory: 4GiB, disk: 10GiB}
                  - {name: b, cpu: 4, memory: 4GiB, disk: 10GiB}
                instances:
                  - {name: pinned, cpu: 3, memory: 1GiB, node: b}
                  - {name: loose, count: 3, cpu: 2, memory: 1GiB}
                """, file: "a.yaml"
        ).snapshot()
        let failed = snapshot.placeWaiting()
        #expect(failed.map(\.instance.text) == ["loose-3"])
        let nodes = Dictionary(uniqueKeysWithValues: snapshot.nodes.map { ($0.placement.id, $0.placement.name.text) })
        #expect(snapshot.instances.map { $0.node.flatMap { nodes[$0] } } == ["b", "a", "a", nil])
    }

    @Test(
        "a bad file is refused with its line",
        arguments: [
            (
                "name: x\nnodes:\n  - {name: a, cpu: 1, memory: 1GiB, disk: 1GiB}\n  - {name: a, cpu: 1, memory: 1GiB, disk: 1GiB}\n", 4,
                "two nodes with the name “a”"
            ),
            ("name: x\nnodes:\n  - {name: a, cpu: 1, memory: 1GB, disk: 1GiB}\n", 3, "1GB"),
            ("name: x\nnodes:\n  - {name: a, cpu: 1, memory: 1GiB, disk: 1GiB, lables: {a: b}}\n", 3, "labels"),
            ("name: x\nnodes:\n  - {name: a, cpu: 1, memory: 1GiB}\n", 3, "disk"),
            ("name: x\nnodes:\n  - {name: 'a/b', cpu: 1, memory: 1GiB, disk: 1GiB}\n", 3, "valid name"),
            ("name: x\nnodes:\n  - {name: 'n{}', count: 100001, cpu: 1, memory: 1GiB, disk: 1GiB}\n", 3, "out of range"),
            ("name: x\nnodes:\n  - {name: a, cpu: 1, memory: 1GiB, disk: 1GiB}\nsizes:\n  - {name: big, cpu: 2, memory: 1GiB}\n", 5, "fits no node"),
            ("name: x\nnodes:\n  - {name: a, cpu: 1, memory: 1GiB, disk: 1GiB, reserved: {cpu: 2}}\n", 3, "reserved"),
            ("name: x\ninstances:\n  - {name: i, size: web}\n", 3, "no size “web”"),
            ("name: x\ninstances:\n  - {name: i, cpu: 1, memory: 1GiB, node: n9}\n", 3, "no node “n9”"),
            ("name: x\ninstances:\n  - {name: i, cpu: 9223372036854775807, memory: 1GiB}\n", 3, "vCPU"),
            ("nodes: []\n", 1, "name"),
        ])
    func refusals(text: String, line: Int, part: String) {
        do {
            _ = try ClusterFile(text: text, file: "bad.yaml")
            Issue.record("the file was taken")
        } catch {
            #expect(error.line == line, "\(error)")
            #expect("\(error)".contains(part), "\(error)")
        }
    }

    @Test("every file of cluster-configs reads, and is written and read back the same")
    func examples() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.appending(path: "cluster-configs")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }.sorted()
        #expect(files.count >= 4)
        for file in files {
            let cluster = try ClusterFile(contentsOf: folder.appending(path: file).path)
            #expect(try ClusterFile(text: cluster.yaml(), file: file) == cluster)
        }
    }
}
