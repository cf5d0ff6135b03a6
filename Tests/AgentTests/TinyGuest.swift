import Agent
import AgentDecisions
import ClusterAPI
import ClusterModel
import Crypto
import Foundation
import Logging

/// The tiny image, built once per checkout, and a node in this process that boots it.
enum TinyGuest {
    /// Where products are built.
    static let directory = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private static let built = Task {
        let path = "\(directory)/images/tiny.tar"
        func made(_ path: String) -> Date? { (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date }
        // One that an older program made may lack what this one relies on.
        if let image = made(path), let program = made(CommandLine.arguments[0]), image > program { return path }
        try FileManager.default.createDirectory(atPath: "\(directory)/images", withIntermediateDirectories: true)
        try await TinyImage(cache: "\(directory)/images/packages") { print($0) }.build(to: path)
        return path
    }

    static func image() async throws -> (reference: ImageReference, content: Data) {
        let content = try Data(contentsOf: URL(filePath: try await built.value), options: .alwaysMapped)
        return (reference(content, .linux), content)
    }

    static func reference(_ content: Data, _ format: Image.Format) -> ImageReference {
        let hex = SHA256.hash(data: content).map { String(format: "%02x", $0) }.joined()
        return ImageReference(name: name("tiny"), digest: Digest(hex: hex)!, format: format, bytes: Int64(content.count))
    }
}

/// Serves one image and nothing else.
struct ImageTransport: Transport {
    var content: Data

    func send(_ request: HTTPRequest) async throws -> HTTPAnswer { throw TransportError.unreachable(endpoint: "nowhere", why: "a test") }

    func stream(_ request: HTTPRequest) async throws -> (HTTPAnswer, AsyncThrowingStream<Data, any Error>) {
        let content = content
        let body = AsyncThrowingStream<Data, any Error> { continuation in
            for start in stride(from: 0, to: content.count, by: 1 << 20) {
                continuation.yield(Data(content[start..<min(content.count, start + 1 << 20)]))
            }
            continuation.finish()
        }
        return (HTTPAnswer(status: 200, headers: [:], body: Data()), body)
    }
}

/// A keeper over a real QEMU driver, as an agent has it. Making another over the same directory is what a restart of the agent is.
struct LocalNode {
    let keeper: InstanceKeeper
    let driver: QEMUDriver
    let volumes: VolumeKeeper
    let directory: String
    let run: RunDirectory
    private let following: Task<Void, Never>

    init(
        _ directory: String, serving content: Data, timing: InstanceTiming = InstanceTiming(), more: [String] = [],
        accelerator: QEMUSettings.Accelerator = .tcg, consoleLimit: Int = 1 << 20, lease: LeaseStanding = .none
    ) async throws {
        self.directory = directory
        let instances = "\(directory)/instances"
        try FileManager.default.createDirectory(atPath: instances, withIntermediateDirectories: true)
        var logger = Logger(label: "test") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        var settings = QEMUSettings(
            binary: "/usr/bin/qemu-system-x86_64", cage: Self.cage, accelerator: accelerator)
        settings.consoleLimit = consoleLimit
        settings.moreArguments = more
        let images = ImageCache(
            root: "\(directory)/images", limit: MiB(1024), transport: ImageTransport(content: content), logger: logger,
            inUse: { QEMUDriver.imagesInUse(under: instances) })
        run = try RunDirectory(path: "\(directory)/run")
        settings.groups = ControlGroups.standard?.ofAgent(in: directory)
        settings.confinement = .standard
        let nodeGuard = NodeGuard(
            cage: Self.cage, run: run, agentLock: "\(directory)/agent.lock", groups: settings.groups, watchdog: nil, logger: logger)
        let signal = ChangeSignal()
        let pool = DirectoryPool(name: name("default"), directory: "\(directory)/volumes")
        try pool.open()
        volumes = VolumeKeeper(pools: [pool], signal: signal, logger: logger)
        driver = QEMUDriver(
            settings: settings, root: instances, images: images, volumes: volumes, seeds: SeedSource(transport: ImageTransport(content: content)),
            exporter: SnapshotExport(transport: ImageTransport(content: content)), run: run, nodeGuard: nodeGuard, logger: logger)
        keeper = InstanceKeeper(vmm: driver, logger: logger, timing: timing, lease: lease, signal: signal)
        try await keeper.takeUp()
        let keeper = keeper
        following = Task { await keeper.follow() }
    }

    static var cage: String { URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "berth-cage").path }

    func instanceDirectory(_ id: InstanceID) -> InstanceDirectory { InstanceDirectory(id: id, under: "\(directory)/instances") }

    func console(_ id: InstanceID) -> String {
        (try? String(contentsOfFile: instanceDirectory(id).file(.console), encoding: .utf8)) ?? ""
    }

    func wait(_ id: InstanceID, for state: ObservedInstance.State, within seconds: Double = 30) async throws -> ObservedInstance {
        do {
            return try await eventually("\(id) is \(state)", within: seconds) {
                let observed = await keeper.instance(id)
                return observed?.state == state ? observed : nil
            }
        } catch {
            print("last seen:", await keeper.instance(id) as Any)
            throw error
        }
    }

    /// As a kill of the agent would: nobody follows, nobody acts.
    func abandon() {
        following.cancel()
        driver.close()
    }

    /// Ends what a failed test has left.
    func destroy(_ desired: DesiredInstance) async throws {
        var desired = desired
        desired.desired = .deleted
        desired.generation = 1000
        await keeper.apply([desired], full: false)
        _ = try await wait(desired.id, for: .absent)
    }
}

func desired(
    _ image: ImageReference, name instance: String = "web-1", generation: Int64 = 1, state: DesiredState = .running, memory: Int64 = 128,
    disk: Int64 = 0, restart: RestartPolicy = .onFailure, id: InstanceID = .random()
) -> DesiredInstance {
    DesiredInstance(
        id: id, name: name(instance), project: name("default"), generation: generation, desired: state,
        resources: Resources(cpu: MilliCPU(vcpus: 1), memory: MiB(memory), disk: MiB(disk)), image: image, restart: restart, reboots: 0,
        stopTimeout: Milliseconds(seconds: 20))
}
