import AgentDecisions
import ClusterAPI
import ClusterModel
import Crypto
import FoundationEssentials
import Logging
import ServiceLifecycle
import Synchronization

/// Many nodes without one VM, in one process over one transport: what a cluster of a thousand nodes is tried out with.
package struct SyntheticFleet: Service {
    package struct Shape: Sendable {
        package var name: Name
        package var labels: Labels
        package var taints: [Taint]
        package var capacity: Capacity

        package init(name: Name, labels: Labels = Labels(), taints: [Taint] = [], capacity: Capacity) {
            self.name = name
            self.labels = labels
            self.taints = taints
            self.capacity = capacity
        }
    }

    private let nodes: [Shape]
    private let behaviour: SyntheticBehaviour
    private let transports: [any Transport]
    private let version: String
    private let logger: Logger

    /// So many nodes join at once; a busy controller would answer none of ten thousand in time.
    private static let joinAtOnce = 128
    /// After which the next one begins all the same.
    private static let joinPatience = Duration.seconds(5)

    /// - Parameter transports: at least one; the nodes share them evenly.
    package init(nodes: [Shape], behaviour: SyntheticBehaviour, transports: [any Transport], version: String, logger: Logger) {
        self.nodes = nodes
        self.behaviour = behaviour
        self.transports = transports
        self.version = version
        self.logger = logger
    }

    package func run() async throws {
        let hasJoined = nodes.map { _ in ChangeSignal() }
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for (index, shape) in nodes.enumerated() {
                    let before = index < Self.joinAtOnce ? nil : hasJoined[index - Self.joinAtOnce]
                    let transport = transports[index % transports.count]
                    group.addTask { await run(shape, transport, after: before, hasJoined: hasJoined[index]) }
                }
            }
        }
    }

    private func run(_ shape: Shape, _ transport: any Transport, after before: ChangeSignal?, hasJoined: ChangeSignal) async {
        if let before { await Self.wait(for: before) }
        let answers = Atomic(0)
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let node = Self.id(of: shape.name)
        let vmm = SyntheticDriver(behaviour: behaviour)
        let keeper = InstanceKeeper(vmm: vmm, logger: quiet)
        let loop = SyncLoop(
            node: node,
            registration: NodeRegistration(
                name: shape.name, labels: shape.labels, taints: shape.taints, facts: NodeMachine.syntheticFacts(version: version),
                capacity: shape.capacity),
            keeper: keeper, volumes: nil, transport: transport, streams: StreamBridge(node: node, transport: transport, vmm: vmm, logger: quiet),
            logger: quiet, keepEpoch: { _ in },
            keepLease: { _ in
                // The first answer asks who this is, the second is to a node that the ledger has.
                if answers.add(1, ordering: .relaxed).newValue == 2 { hasJoined.raise() }
            })
        let conversation = SyncConversation(bootID: RunningProcess.bootID(), session: UUID().uuidString.lowercased(), highestEpoch: Epoch(0))
        await withDiscardingTaskGroup { group in
            group.addTask { await keeper.follow() }
            group.addTask { await loop.run(conversation) }
        }
    }

    private static func wait(for signal: ChangeSignal) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await signal.wait() }
            group.addTask { try? await Task.sleep(for: Self.joinPatience) }
            await group.next()
            group.cancelAll()
        }
    }

    /// The same for the same name, since nothing of a synthetic node is kept on disk.
    package static func id(of name: Name) -> NodeID {
        let hash = Array(SHA256.hash(data: Data("berth synthetic node \(name)".utf8)))
        var bytes = uuid_t(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        withUnsafeMutableBytes(of: &bytes) { bytes in
            bytes.copyBytes(from: hash.prefix(16))
            // RFC 9562: version 8, made by a rule of one's own.
            bytes[6] = bytes[6] & 0x0F | 0x80
            bytes[8] = bytes[8] & 0x3F | 0x80
        }
        return NodeID(UUID(uuid: bytes))
    }
}
