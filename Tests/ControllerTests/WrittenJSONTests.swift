import ClusterAPI
import ClusterModel
import Controller
import ControllerDecisions
import Foundation
import Placement
import Testing

@Suite("what is written by hand is what Foundation would write")
struct WrittenJSONTests {
    @Test(
        "the golden values, which have every field, come out field by field the same", arguments: ["instance", "operation", "events", "sync-answer"])
    func golden(file: String) throws {
        let data = try Data(contentsOf: OpenAPIPage.root.appending(path: "Tests/ClusterModelTests/Golden/\(file).json"))
        let decoder = JSONDecoder()
        let written: Data
        switch file {
        case "instance": written = JSONWriter.data(try decoder.decode(Instance.self, from: data))
        case "operation": written = JSONWriter.data(try decoder.decode(InstanceOperation.self, from: data))
        case "events": written = JSONWriter.data(try decoder.decode([Event].self, from: data))
        default: written = JSONWriter.data(try decoder.decode(SyncAnswer.self, from: data))
        }
        #expect(try Self.object(written) == Self.object(data))
    }

    @Test("what is stored is read by hand, whatever an instance has; rules of groups are left to Foundation")
    func readBack() throws {
        let golden = try Data(contentsOf: OpenAPIPage.root.appending(path: "Tests/ClusterModelTests/Golden/instance.json"))
        var instance = try JSONDecoder().decode(Instance.self, from: golden)
        var record = InstanceRecord(instance: instance, desiredRevision: 7, operation: .random(), found: true)
        record.observed = .quarantined
        record.stopWithin = .zero
        #expect(try JSONDecoder().decode(InstanceRecord.self, from: JSONWriter.data(record)) == record)
        instance.spec.constraints.antiAffinity = []
        instance.spec.constraints.affinity = []
        instance.spec.constraints.spread = []
        instance.spec.constraints.tolerate = []
        for policy in [nil, PlacementPolicy.bestFitL2] {
            instance.spec.policy = policy
            record.instance = instance
            #expect(InstanceRecord(json: JSONWriter.data(record)) == record)
            #expect(InstanceRecord(json: try JSONEncoder().encode(record)) == record)
        }
        var bare = InstanceRecord(instance: instance, desiredRevision: .zero, operation: nil)
        bare.instance.placement = nil
        bare.instance.spec.labels = Labels()
        bare.instance.status = InstanceStatus(state: .pending, since: Timestamp(milliseconds: 0))
        bare.instance.history = []
        #expect(InstanceRecord(json: JSONWriter.data(bare)) == bare)
        let file = try Data(contentsOf: OpenAPIPage.root.appending(path: "Tests/ClusterModelTests/Golden/operation.json"))
        #expect(try InstanceOperation(json: file) == JSONDecoder().decode(InstanceOperation.self, from: file))
    }

    @Test("every constraint, a record of the ledger, and text that needs escapes")
    func rest() throws {
        let golden = try Data(contentsOf: OpenAPIPage.root.appending(path: "Tests/ClusterModelTests/Golden/instance.json"))
        var instance = try JSONDecoder().decode(Instance.self, from: golden)
        instance.status.reason = "a \"quoted\" \\ line\nwith\tcontrols \u{1}\u{1b} and ü 🚢"
        let group = try Name("g")
        instance.spec.constraints.prefer = [try Label("disk=ssd")]
        instance.spec.constraints.tolerate = [Toleration(key: "a", value: "b"), Toleration(key: "c")]
        instance.spec.constraints.traits = ["kvm.native"]
        instance.spec.constraints.architecture = .aarch64
        instance.spec.constraints.pool = group
        instance.spec.constraints.affinity = [.init(group: group, domain: nil, hard: true)]
        var record = InstanceRecord(instance: instance, desiredRevision: .min, operation: .random(), found: true)
        record.observed = .quarantined
        record.stopWithin = .zero
        for written in [JSONWriter.data(record)] {
            #expect(try Self.object(written) == Self.object(try JSONEncoder().encode(record)))
            #expect(try JSONDecoder().decode(InstanceRecord.self, from: written) == record)
        }
        var answer = LaunchAnswer(instances: [instance, instance], operations: [], unplaced: 3)
        answer.noPlacement = NoPlacement(nodes: 2, counts: [.init(reason: "stale", nodes: 2)], nearestMiss: "near")
        #expect(try Self.object(JSONWriter.data(answer)) == Self.object(try JSONEncoder().encode(answer)))
        let empty = LaunchAnswer(instances: [], operations: [])
        #expect(try Self.object(JSONWriter.data(empty)) == Self.object(try JSONEncoder().encode(empty)))
    }

    @Test("placement steps come back as they were, and cut or foreign bytes are called damaged")
    func steps() throws {
        var resources = Resources(cpu: MilliCPU(.max), memory: MiB(.min), disk: .zero)
        resources.devices = [.init(name: try Name("gpu"), count: 2)]
        let allocation = Allocation(
            instance: .random(), node: .random(), resources: resources, groups: [try Name("web"), try Name("db")],
            apart: [.init(group: try Name("web"), domain: "rack"), .init(group: try Name("db"))])
        var ending = allocation
        ending.expiresAt = Timestamp(milliseconds: 1_790_000_000_123)
        let node = PlacementNode(id: .random(), name: try Name("n1"), labels: Labels([try Label("rack=r1")]), allocatable: resources)
        let steps: [NumberedStep] = [
            .init(revision: 1, step: .allocated(allocation)), .init(revision: .max, step: .released(allocation)),
            .init(revision: 6, step: .allocated(ending)), .init(revision: 7, step: .node(before: nil, after: node)),
            .init(revision: 8, step: .node(before: node, after: nil)),
        ]
        let data = try StepCodec.encode(steps)
        #expect(try StepCodec.decode(data) == steps)
        for length in [0, 1 + 5, data.count - 1] where length > 0 {
            #expect(throws: StoreError.self, "cut to \(length)") { try StepCodec.decode(data.prefix(length)) }
        }
        #expect(throws: StoreError.self) { try StepCodec.decode(Data()) }
        #expect(throws: StoreError.self) { try StepCodec.decode(Data([9])) }
    }

    private static func object(_ data: Data) throws -> NSObject { try #require(try JSONSerialization.jsonObject(with: data) as? NSObject) }
}
