import AgentDecisions
import ClusterModel
import FoundationEssentials
import Glibc
import Logging
import Synchronization

/// Runs instances under QEMU, each beneath a cage of its own and with all its files in one directory.
package final class QEMUDriver: VMM {
    package let news: AsyncStream<VMMNews>
    private let tell: AsyncStream<VMMNews>.Continuation
    let settings: QEMUSettings
    let relay: MigrationRelay?
    private let root: String
    let images: ImageCache
    let volumes: VolumeKeeper
    let exporter: SnapshotExport
    let tool = DiskTool()
    private let seeds: SeedSource
    private let run: RunDirectory
    private let nodeGuard: NodeGuard
    private let network: any NetworkDriver
    let logger: Logger
    private let bootID = RunningProcess.bootID()
    private let connections = Mutex<[InstanceID: QMPConnection]>([:])

    package init(
        settings: QEMUSettings, root: String, images: ImageCache, volumes: VolumeKeeper, seeds: SeedSource, exporter: SnapshotExport,
        run: RunDirectory, nodeGuard: NodeGuard, network: any NetworkDriver = UserNetwork(), logger: Logger, relay: MigrationRelay? = nil
    ) {
        self.volumes = volumes
        self.exporter = exporter
        self.relay = relay
        self.run = run
        self.nodeGuard = nodeGuard
        self.network = network
        self.settings = settings
        self.root = root
        self.images = images
        self.seeds = seeds
        self.logger = logger
        (news, tell) = AsyncStream.makeStream(of: VMMNews.self, bufferingPolicy: .unbounded)
    }

    /// Digests that disks of instances under `root` may be made from.
    package static func imagesInUse(under root: String) -> Set<Digest> {
        Set(InstanceDirectory.all(under: root).compactMap { $0.read(InstanceRecord.self, from: .record)?.desired.image.digest })
    }

    package func address(of instance: InstanceID) -> String? { network(of: instance).address }

    func network(of instance: InstanceID) -> GuestNetwork {
        directory(instance).read(InstanceRecord.self, from: .record).map { network.network(of: $0.desired) } ?? GuestNetwork(of: instance)
    }

    package func save(_ record: InstanceRecord) throws(WorkFailure) { try directory(record.desired.id).write(record, to: .record) }

    package func perform(_ work: InstanceWork, for record: InstanceRecord) async throws(WorkFailure) {
        let directory = directory(record.desired.id)
        switch work {
        case .fetchImage: _ = try await images.fetch(record.desired.image)
        case .makeDisk: try await makeDisk(record.desired, directory)
        case .makeSeed:
            let content = try await seeds.seed(of: record.desired)
            let seed = Seed(instance: record.desired, network: network.network(of: record.desired), content: content)
            try put(seed.image(), into: directory.file(.seed))
        case .startVMM: _ = try await start(record)
        case .arrangeDisks: _ = try await arrangeDisks(of: record, in: nil)
        case .receive, .send, .resume: throw WorkFailure("\(work.words) is no work of this kind", isLasting: true)
        case .undo: try directory.clear(keeping: [.record, .lock, .complaints, .console])
        case .removeFiles:
            try await waitForCage(directory)
            await dropSnapshots(of: record)
            try await remove(directory)
        }
    }

    func connection(of instance: InstanceID) -> QMPConnection? { connections.withLock { $0[instance] } }

    func directory(_ id: InstanceID) -> InstanceDirectory { InstanceDirectory(id: id, under: root) }

    /// Beside its place and moved there; after a power cut it is made again, so it is not synced.
    func put(_ data: Data, into path: String) throws(WorkFailure) {
        let temporary = path + ".new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw WorkFailure("cannot write \(path): \(String(cString: strerror(errno)))") }
        defer { Glibc.close(file) }
        do { try DurableFile.writeAll(data, to: file, path: path) } catch {
            unlink(temporary)
            throw WorkFailure(error)
        }
        guard rename(temporary, path) == 0 else { throw WorkFailure("cannot write \(path): \(String(cString: strerror(errno)))") }
    }

    private static let largestDisk = MiB(64 << 20)

    /// A disk that is there is never made again, but it grows.
    func makeDisk(_ desired: DesiredInstance, _ directory: InstanceDirectory) async throws(WorkFailure) {
        if directory.exists(.disk) { return try await growDisk(desired, directory) }
        if let origin = desired.storage?.origin { return try await copyDisk(desired, origin, directory) }
        guard case .disk(let path, let format, let virtualBytes) = images.cached(desired.image) else { return }
        guard desired.resources.disk <= Self.largestDisk else { throw WorkFailure("a disk holds at most \(Self.largestDisk)", isLasting: true) }
        let size = max(desired.resources.disk.count, 0) << 20
        guard virtualBytes <= size else {
            throw WorkFailure(
                "image \(desired.image.name) needs a disk of \(MiB((virtualBytes + 1 << 20 - 1) >> 20)), and \(desired.resources.disk) is given",
                isLasting: true)
        }
        try put(QCOW2.overlay(on: path, format: format, virtualBytes: size), into: directory.file(.disk))
    }

    private func waitForCage(_ directory: InstanceDirectory) async throws(WorkFailure) {
        for _ in 0..<100 where directory.isCaged { try? await Task.sleep(for: .milliseconds(20)) }
        guard !directory.isCaged else { throw WorkFailure("its cage has not ended") }
    }

    private func remove(_ directory: InstanceDirectory) async throws(WorkFailure) {
        connections.withLock { $0.removeValue(forKey: directory.id) }?.close()
        try await waitForCage(directory)
        try directory.clear()
    }

    // MARK: - Starting

    package func start(_ record: InstanceRecord) async throws(WorkFailure) -> StartedVMM {
        let directory = directory(record.desired.id)
        guard let image = images.cached(record.desired.image) else { throw WorkFailure("image \(record.desired.image.name) is not in the cache") }
        if case .disk = image, settings.architecture == .aarch64 {
            throw WorkFailure("a disk of aarch64 boots by UEFI, which there is not yet; use an image of the format linux", isLasting: true)
        }
        guard !Task.isCancelled else { throw WorkFailure("cancelled") }
        for stale in [InstanceDirectory.File.complaints, .shutdown] { directory.delete(stale) }
        var command = QEMUCommand(settings: settings, instance: record.desired, image: image, network: network.network(of: record.desired))
        command.volumes = try volumeFiles(of: record.desired)
        command.base = try base(of: directory, image)
        if record.desired.fenced { await nodeGuard.ensure() }
        do throws(WorkFailure) {
            var grant = command.grant
            grant.tap = try await network.connect(record.desired)
            try await CageProcess.start(settings, in: directory.path, command: command.words, under: record.desired.fenced ? run : nil, grant: grant)
        } catch {
            await network.disconnect(directory.id)
            throw error
        }
        let spawned = ContinuousClock.now
        guard let process = directory.read(InstanceDirectory.Process.self, from: .process)?.vmm else {
            throw WorkFailure("the cage left no record of its VMM")
        }
        do {
            try await connect(directory, process, within: .seconds(30))
        } catch {
            let hadEnded = !RunningProcess.isAlive(process)
            RunningProcess.signal(process, SIGKILL)
            for _ in 0..<100 where directory.isCaged { try? await Task.sleep(for: .milliseconds(20)) }
            if let complaint = complaint(of: directory) {
                await network.disconnect(directory.id)
                throw WorkFailure(complaint)
            }
            // A guest may be through before anybody asks; the watch then tells of its end.
            guard hadEnded else {
                await network.disconnect(directory.id)
                throw error
            }
        }
        await limitVolumes(of: record.desired)
        watch(process, directory)
        return StartedVMM(process: process, spawned: spawned)
    }

    /// The file that the root disk is an overlay of: its image, or nothing. A VMM that was taken over can have written another name there.
    private func base(of directory: InstanceDirectory, _ image: CachedImage) throws(WorkFailure) -> (path: String, format: Image.Format)? {
        guard case .disk(let path, let format, _) = image, let backing = QCOW2.backing(of: directory.file(.disk)) else { return nil }
        guard backing == path else {
            throw WorkFailure("its disk names the file \(Printable(backing, limit: 200)) instead of its image", isLasting: true)
        }
        return (path, format)
    }

    private func connect(_ directory: InstanceDirectory, _ process: VMMProcess, within limit: Duration) async throws(WorkFailure) {
        let deadline = ContinuousClock.now + limit
        while true {
            do throws(WorkFailure) {
                let connection = try await QMPConnection(socket: InstanceDirectory.File.control.rawValue, in: directory.path)
                connections.withLock { $0.updateValue(connection, forKey: directory.id) }?.close()
                Task { await connection.goOnIfHeld() }
                return
            } catch {
                guard RunningProcess.isAlive(process) else { throw WorkFailure("QEMU ended at once") }
                guard ContinuousClock.now < deadline else { throw error }
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    /// The last line that QEMU wrote before it ended.
    private func complaint(of directory: InstanceDirectory) -> String? {
        guard let log = DurableFile.read(directory.file(.complaints), limit: 64 << 10) else { return nil }
        let line = String(decoding: log, as: UTF8.self).split(separator: "\n").last
        return line.map { "QEMU says: \(Printable(String($0), limit: 300))" }
    }

    // MARK: - Watching and ending

    private func watch(_ process: VMMProcess, _ directory: InstanceDirectory) {
        RunningProcess.whenEnded(process) { [self] in
            Task { await settle(process, directory) }
        }
    }

    private func settle(_ process: VMMProcess, _ directory: InstanceDirectory) async {
        let exit = await end(of: process, directory)
        let connection = connections.withLock { $0.removeValue(forKey: directory.id) }
        let panicked = exit == .exited(1) && connection?.shutdownReason == "guest-panic"
        let bySignal = exit == .poweredOff && connection?.shutdownReason == "host-signal"
        connection?.close()
        await network.disconnect(directory.id)
        tell.yield(
            VMMNews(
                instance: directory.id, process: process,
                what: isMarked(directory) ? .shutDownWithNode : .ended(panicked ? .panicked : bySignal ? .signalled(SIGTERM) : exit)))
    }

    /// The cage writes it down a moment after the end.
    private func end(of process: VMMProcess, _ directory: InstanceDirectory) async -> VMMExit {
        for _ in 0..<200 {
            let end = directory.read(InstanceDirectory.End.self, from: .end)
            if let end, end.pid == process.pid, end.startTime == process.startTime { return end.exit }
            guard directory.isCaged else { break }
            try? await Task.sleep(for: .milliseconds(10))
        }
        let end = directory.read(InstanceDirectory.End.self, from: .end)
        return end?.pid == process.pid && end?.startTime == process.startTime ? end?.exit ?? .unseen : .unseen
    }

    private func isMarked(_ directory: InstanceDirectory) -> Bool {
        directory.read(InstanceDirectory.ShutdownMark.self, from: .shutdown)?.bootID == bootID
    }

    package func powerDown(_ vmm: VMMProcess, of instance: InstanceID) {
        guard let connection = connections.withLock({ $0[instance] }) else { return }
        Task {
            do { try await connection.execute("system_powerdown") } catch {
                logger.warning("guest not told to shut down", metadata: ["instance": "\(instance)", "why": "\(error)"])
            }
        }
    }

    package func kill(_ vmm: VMMProcess, of instance: InstanceID) { RunningProcess.signal(vmm, SIGKILL) }

    package func console(of instance: InstanceID) throws(WorkFailure) -> any ConsoleStream {
        let directory = directory(instance)
        guard directory.exists(.consoleSocket) else { throw WorkFailure("the instance does not run", isLasting: true) }
        return SocketConsole(try LocalSocket.connect(to: InstanceDirectory.File.consoleSocket.rawValue, in: directory.path))
    }

    package func log(of instance: InstanceID, lines: Int?, follow: Bool) throws(WorkFailure) -> any ConsoleStream {
        let directory = directory(instance)
        return ConsoleLog(current: directory.file(.console), older: directory.file(.olderConsole), lines: lines, follow: follow)
    }

    /// Lets the next agent talk to the VMMs. They run on.
    package func close() {
        let open = connections.withLock { connections in
            defer { connections = [:] }
            return connections.values.map(\.self)
        }
        for connection in open { connection.close() }
    }

    // MARK: - Taking up

    package func inventory() async throws(WorkFailure) -> [FoundInstance] {
        let found = await withTaskGroup(of: FoundInstance.self) { group in
            for directory in InstanceDirectory.all(under: root) where !directory.removeIfEmpty() { group.addTask { await self.find(directory) } }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.id < $1.id }
        }
        await network.takeUp(
            found.compactMap { instance in
                switch instance.vmm {
                case .running, .doubtful: instance.record?.desired
                case .never, .ended, .endedWithMachine, .shutDownWithNode: nil
                }
            })
        return found
    }

    private func find(_ directory: InstanceDirectory) async -> FoundInstance {
        var record = directory.read(InstanceRecord.self, from: .record)
        if record?.desired.id != directory.id { record = nil }
        // A cage whose agent died while it started writes its record within moments.
        for _ in 0..<100 where directory.isCaged && !directory.exists(.process) { try? await Task.sleep(for: .milliseconds(20)) }
        guard let process = directory.read(InstanceDirectory.Process.self, from: .process)?.vmm else {
            return FoundInstance(id: directory.id, record: record, vmm: .never)
        }
        var found = FoundInstance(id: directory.id, record: record, vmm: await judge(process, directory))
        if case .running = found.vmm { found.isHeld = await isHeld(directory.id) }
        return found
    }

    private func judge(_ process: VMMProcess, _ directory: InstanceDirectory) async -> FoundInstance.FoundVMM {
        let answer = RunningProcess.isAlive(process) ? await identity(process, directory) : nil
        let startTime = RunningProcess.startTime(of: process.pid)
        switch Adoption.judge(process, bootID: bootID, startTime: startTime, answer: answer, instance: directory.id) {
        case .adopt:
            watch(process, directory)
            if directory.read(InstanceRecord.self, from: .record)?.desired.fenced == true { await nodeGuard.ensure() }
            return .running(process)
        case .doubtful(let why):
            watch(process, directory)
            askAgain(process, directory)
            return .doubtful(process, why)
        case .gone where process.bootID != bootID: return .endedWithMachine
        case .gone: return isMarked(directory) ? .shutDownWithNode : .ended(await end(of: process, directory))
        }
    }

    private func identity(_ process: VMMProcess, _ directory: InstanceDirectory) async -> Adoption.Answer? {
        do throws(WorkFailure) {
            try await connect(directory, process, within: .seconds(3))
            guard let connection = connections.withLock({ $0[directory.id] }) else { return nil }
            let name = try await connection.execute("query-name", as: QMPMessage.Name.self)
            let identity = try await connection.execute("query-uuid", as: QMPMessage.Identity.self)
            return Adoption.Answer(name: name.name, uuid: identity.UUID)
        } catch {
            logger.warning("VMM not reached", metadata: ["instance": "\(directory.id)", "why": "\(error)"])
            return nil
        }
    }

    /// A VMM that is stopped or slow may answer later.
    private func askAgain(_ process: VMMProcess, _ directory: InstanceDirectory) {
        Task {
            while RunningProcess.isAlive(process) {
                try? await Task.sleep(for: .seconds(2))
                let answer = await identity(process, directory)
                let startTime = RunningProcess.startTime(of: process.pid)
                if Adoption.judge(process, bootID: bootID, startTime: startTime, answer: answer, instance: directory.id) == .adopt {
                    tell.yield(VMMNews(instance: directory.id, process: process, what: .adopted))
                    return
                }
            }
        }
    }
}
