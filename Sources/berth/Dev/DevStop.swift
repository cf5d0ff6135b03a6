import ClusterAPI
import ClusterModel

/// Ends a dev cluster: its instances through the controller, then its processes, then what VMs a dead controller left behind.
struct DevStop {
    let directory: DevDirectory
    let state: DevState
    let progress: ProgressLine
    private static let patience = Duration.seconds(60)

    /// How many there were. A controller that can't be reached has none to delete: `endGuestsLeft` does what is left to do.
    func deleteInstances() async throws -> Int {
        guard state.processes.contains(where: { $0.name == "controller" && $0.isRunning }) else { return 0 }
        let client = APIClient(transport: try state.transport(directory))
        let instances: [Instance]
        do { instances = try await client.instances().whole().items } catch is TransportError { return 0 }
        if !instances.isEmpty { progress.show("deleting \(instances.count) instances") }
        _ = try await instances.concurrentMap { try await Self.delete($0, client) }
        let end = ContinuousClock.now + Self.patience
        while true {
            let left = try await client.instances().whole().items.count
            guard left > 0, .now < end else { return instances.count }
            progress.show("deleting instances", done: Int64(instances.count - min(left, instances.count)), of: Int64(instances.count))
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private static func delete(_ instance: Instance, _ client: APIClient) async throws {
        let id = instance.id.description
        do { _ = try await instance.status.state == .quarantined ? client.destroy(id) : client.delete(id) } catch let error as ErrorBody
            where error.code == .notFound || error.code == .conflict
        {}
    }

    /// The agents first: they say goodbye to a controller that is still there.
    func endProcesses() async throws {
        let last = state.processes.filter { $0.name == "controller" }
        for group in [state.processes.filter { $0.name != "controller" }, last] {
            progress.show("stopping \(group.map(\.name).joined(separator: ", "))")
            let stubborn = await withTaskGroup(of: String?.self) { tasks in
                for process in group { tasks.addTask { await process.stop() ? nil : process.name } }
                return await tasks.reduce(into: [String]()) { names, name in if let name { names.append(name) } }
            }
            guard stubborn.isEmpty else { throw CommandFailure(.failed, "\(stubborn.sorted().joined(separator: ", ")) can't be ended") }
        }
    }

    /// VMs outlive their agents, and nobody else will end them.
    func endGuestsLeft() async throws {
        for node in state.nodes {
            progress.show("ending what is left on \(node)")
            let arguments = ["agent", "shutdown", "--config", directory.configuration(of: node)]
            let process = try DevProcess.start(node, arguments: arguments, log: directory.log(of: node))
            guard await process.exitStatus(within: Self.patience) == 0 else {
                throw CommandFailure(.failed, "VMs of \(node) may be left; the end of its log:\n\(directory.tail(ofLog: node, lines: 5))")
            }
        }
    }
}
