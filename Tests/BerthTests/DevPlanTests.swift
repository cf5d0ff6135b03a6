import Agent
import ClusterModel
import Controller
import Planner
import Testing
import berth

struct DevPlanTests {
    private let file = """
        name: odd
        policy: spread
        nodes:
          - name: g{}
            count: 2
            labels: {rack: r1, "a/b": "1"}
            taints: ["dedicated=gpu:noPlace"]
            cpu: "2.5"
            memory: 4GiB
            disk: 40GiB
            devices: {gpu: 4}
            reserved: {cpu: "0.5", memory: 512MiB}
            overcommit: {cpu: 250}
          - {name: s, cpu: "1", memory: 1GiB, disk: 1GiB, vmm: synthetic}
        """

    @Test("what dev writes for a node of a cluster file, the agent reads as the same node")
    func agents() throws {
        let plan = DevPlan(try ClusterFile(text: file, file: "odd.yaml"), synthetic: false)
        #expect(plan.nodes.map(\.name.text) == ["g1", "g2", "s"])
        #expect(plan.nodes.map(\.isSynthetic) == [false, false, true])
        let node = plan.nodes[1]
        let text = DevPlan.agentText(node, controller: "http://127.0.0.1:1", data: "/tmp/a \"b\"")
        let agent = try AgentConfiguration(text: text, file: "g2.yaml")
        #expect(agent.name.text == "g2")
        #expect(agent.dataDirectory == "/tmp/a \"b\"")
        #expect(agent.labels == node.labels)
        #expect(agent.taints == node.taints)
        #expect(agent.vmm == .qemu)
        #expect(
            Resources(cpu: agent.cpu ?? .zero, memory: agent.memory ?? .zero, disk: agent.disk ?? .zero, devices: agent.devices)
                == node.capacity.total)
        #expect(agent.reservedCPU == MilliCPU(500))
        #expect(agent.reservedMemory == MiB(512))
        #expect(agent.overcommit.cpuPercent == 250)
        #expect(DevPlan(try ClusterFile(text: file, file: "odd.yaml"), synthetic: true).nodes.allSatisfy(\.isSynthetic))
    }

    @Test("what dev writes for the controller, the controller reads")
    func controller() throws {
        let plan = DevPlan(try ClusterFile(text: file, file: "odd.yaml"), synthetic: false)
        let configuration = try ControllerConfiguration(text: plan.controllerText(port: 7480, data: "/tmp/c"), file: "controller.yaml")
        #expect(configuration.port == 7480)
        #expect(configuration.dataDirectory == "/tmp/c")
        #expect(configuration.policy == .spread)
    }

    @Test("equal nodes are bounded by what a machine bears")
    func equal() throws {
        #expect(try DevPlan.equal(3, synthetic: false).nodes.map(\.name.text) == ["n1", "n2", "n3"])
        #expect(throws: CommandFailure.self) { try DevPlan.equal(51, synthetic: false) }
        #expect(try DevPlan.equal(1000, synthetic: true).nodes.count == 1000)
    }
}
