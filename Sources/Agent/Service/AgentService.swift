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
    private let certificates: CertificateKeeper?

    /// Takes the data directory's lock. Throws a sentence when the node can't work: `agent check` says more.
    package init(
        configuration: AgentConfiguration, logger: Logger, version: String, transport: any Transport, certificates: CertificateKeeper? = nil
    ) throws {
        self.certificates = certificates
        self.configuration = configuration
        self.logger = logger
        self.version = version
        self.transport = transport
        identity = try NodeIdentity(directory: configuration.dataDirectory)
        if let certificates, certificates.node != identity.id {
            throw WorkFailure(
                "\(configuration.dataDirectory)/node-id says \(identity.id), and the certificate beside it is of node \(certificates.node): put the right "
                    + "node-id back, or join anew with “berth agent join”")
        }
    }

    /// The node's id, kept in the data directory.
    package var node: NodeID { identity.id }

    package func run() async throws {
        try await cancelWhenGracefulShutdown { try await runUntilCancelled() }
    }

    private func runUntilCancelled() async throws {
        Self.lowerOutOfMemoryScore()
        let run = try RunDirectory(configuration, node: identity.id)
        let leaseFile = try LeaseFile(run.lease)
        let lease = NodeLease(kept: leaseFile.kept(), longest: configuration.lease?.length ?? Milliseconds(seconds: 86_400))
        let signal = ChangeSignal()
        let machine = try await NodeMachine(
            configuration: configuration, run: run, agentLock: identity.lockFile, transport: transport, version: version, logger: logger,
            signal: signal)
        logger.info(
            "agent started",
            metadata: [
                "node": "\(configuration.name)", "id": "\(identity.id)", "kvm": "\(machine.facts.kvm.word)", "vmm": "\(machine.facts.vmm.rawValue)",
                "accelerator": "\(machine.accelerator)", "network": "\(machine.network.facts.mode.rawValue)",
            ])
        let keeper = InstanceKeeper(vmm: machine.vmm, logger: logger, lease: lease.standing(at: BootClock.now), signal: signal)
        try await keeper.takeUp()
        let identity = identity
        let loop = SyncLoop(
            node: identity.id,
            registration: NodeRegistration(
                name: configuration.name, labels: configuration.labels, taints: configuration.taints, facts: machine.facts,
                capacity: machine.capacity),
            keeper: keeper, volumes: machine.volumes, transport: transport,
            streams: StreamBridge(node: identity.id, transport: transport, vmm: machine.vmm, logger: logger), logger: logger,
            keepEpoch: { try identity.keep($0) }, keepLease: { try leaseFile.put($0) })
        let conversation = SyncConversation(
            bootID: RunningProcess.bootID(), session: UUID().uuidString.lowercased(), highestEpoch: identity.highestEpoch, lease: lease)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await keeper.follow() }
            group.addTask { await machine.network.keep() }
            group.addTask { await loop.run(conversation) }
            group.addTask { await machine.volumes?.follow() }
            if let certificates { group.addTask { await certificates.run() } }
            await group.waitForAll()
        }
        logger.info("agent stopped; its VMs run on")
    }
    /// The kernel's out-of-memory killer takes the agent last; without the right to say so the score stays.
    private static func lowerOutOfMemoryScore() {
        let file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        write(file, "-999", 4)
        close(file)
    }
}
