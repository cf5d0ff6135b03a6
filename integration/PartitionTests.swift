import ClusterModel
import Foundation
import Testing

@Suite(
    "a partition between an agent and the controller", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: getuid() == 0, "making network namespaces takes root"))
struct PartitionTests {
    private static var shape: Cluster.Shape {
        var shape = Cluster.Shape.qemu(2)
        shape.hasNetworks = true
        return shape
    }

    @Test(
        "whichever way it cuts, the node is lost in time, its instance that stays runs on with the same process, and both are well when it mends",
        arguments: [[NodeNetwork.Direction.toController], [.fromController], [.toController, .fromController]])
    func stays(cut: [NodeNetwork.Direction]) async throws {
        try await Cluster.run(Self.shape) { cluster in
            try await cluster.importTinyImage()
            try await cluster.succeed("launch", "web", "--require", "rack=r1", "--timeout", "60s", timeout: 90)
            let before = try await cluster.instance("web")
            let network = try cluster.network(of: "n1")
            try await network.cut(cut)
            try await cluster.wait(for: .suspect, of: "n1")
            #expect(try await cluster.instance("web").status.state == .unknown)
            try await cluster.wait(for: .lost, of: "n1")
            #expect(try await cluster.node("n2").health == .alive)
            let cutOff = try await cluster.instance("web")
            #expect(cutOff.placement?.node == before.placement?.node)
            #expect(cluster.executable(of: try #require(before.status.pid)).contains("qemu"))

            try await network.mend()
            try await cluster.wait(for: .alive, of: "n1")
            let after = try await eventually("web is known to run", within: 30) {
                let now = try await cluster.instance("web")
                return now.status.state == .running ? now : nil
            }
            #expect(after.status.pid == before.status.pid)
            #expect(after.generation == before.generation)
        }
    }

    @Test(
        "whichever way it cuts, a fenced instance ends on the node that is cut off before it runs on the other, and there is never a second",
        arguments: [[NodeNetwork.Direction.toController], [.fromController], [.toController, .fromController]])
    func fenced(cut: [NodeNetwork.Direction]) async throws {
        var shape = Self.shape
        shape.lease = "{renew: 500ms, length: 4s, kill: 2s, wait: 7s}"
        try await Cluster.run(shape) { cluster in
            try await cluster.importTinyImage()
            try await cluster.succeed("node", "cordon", "n2")
            try await cluster.succeed("launch", "web", "--recovery", "fenced", "--timeout", "60s", timeout: 90)
            try await cluster.succeed("node", "uncordon", "n2")
            let before = try await cluster.instance("web")
            #expect(before.placement?.nodeName.text == "n1")
            let watch = Task {
                var most = 0
                while !Task.isCancelled {
                    most = max(most, cluster.guests(of: before.id).count)
                    try? await Task.sleep(for: .milliseconds(5))
                }
                return most
            }
            let network = try cluster.network(of: "n1")
            try await network.cut(cut)
            let after = try await eventually("web runs on n2", within: 60) {
                let now = try await cluster.instance("web")
                return now.status.state == .running && now.placement?.nodeName.text == "n2" ? now : nil
            }
            try await network.mend()
            try await cluster.wait(for: .alive, of: "n1")
            let directory = "\(cluster.dataDirectory(of: "n1"))/instances/\(before.id)"
            _ = try await eventually("n1 has taken away what moved", within: 30) { FileManager.default.fileExists(atPath: directory) ? nil : true }
            watch.cancel()
            #expect(await watch.value == 1)
            #expect(cluster.guests(of: before.id) == [try #require(after.status.pid)])
        }
    }
}
