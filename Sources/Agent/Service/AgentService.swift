import AgentDecisions
import ClusterAPI
import ClusterModel
import FoundationEssentials
import Glibc
import Logging
import ServiceLifecycle

/// The agent of one node. Its end, however it comes, leaves the node's VMs running.
package struct AgentService: Service {
    private let configuration: AgentConfiguration
    private let logger: Logger
    private let version: String
    private let transport: any Transport
    private let identity: NodeIdentity

    /// Takes the data directory's lock. Throws a sentence when the node can't work: `agent check` says more.
    package init(configuration: AgentConfiguration, logger: Logger, version: String, transport: any Transport) throws {
        self.configuration = configuration
        self.logger = logger
        self.version = version
        self.transport = transport
        identity = try NodeIdentity(directory: configuration.dataDirectory)
    }

    /// The node's id, kept in the data directory.
    package var node: NodeID { identity.id }

    package func run() async throws {
        try await cancelWhenGracefulShutdown { try await runUntilCancelled() }
    }

    private func runUntilCancelled() async throws {
        let machine = try await NodeMachine(configuration: configuration, transport: transport, version: version, logger: logger)
        logger.info(
            "agent started",
            metadata: [
                "node": "\(configuration.name)", "id": "\(identity.id)", "kvm": "\(machine.facts.kvm.word)", "vmm": "\(machine.facts.vmm.rawValue)",
                "accelerator": "\(machine.accelerator)",
            ])
        let keeper = InstanceKeeper(vmm: machine.vmm, logger: logger)
        try await keeper.takeUp()
        let identity = identity
        let loop = SyncLoop(
            node: identity.id,
            registration: NodeRegistration(
                name: configuration.name, labels: configuration.labels, taints: configuration.taints, facts: machine.facts,
                capacity: machine.capacity),
            keeper: keeper, transport: transport,
            streams: StreamBridge(node: identity.id, transport: transport, vmm: machine.vmm, logger: logger), logger: logger,
            keepEpoch: { try identity.keep($0) }, keepLease: { _ in })
        let conversation = SyncConversation(
            bootID: RunningProcess.bootID(), session: UUID().uuidString.lowercased(), highestEpoch: identity.highestEpoch)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await keeper.follow() }
            group.addTask { await loop.run(conversation) }
            await group.waitForAll()
        }
        logger.info("agent stopped; its VMs run on")
    }
}
