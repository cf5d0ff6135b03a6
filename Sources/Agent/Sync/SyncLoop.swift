import AgentDecisions
import ClusterAPI
import ClusterModel
import FoundationEssentials
import Logging

/// Holds the one conversation with the controller: says what changed here at once, hears what is wanted, and goes on for ever.
struct SyncLoop: Sendable {
    let node: NodeID
    let registration: NodeRegistration
    let keeper: InstanceKeeper
    /// Nil on a node without disks.
    let volumes: VolumeKeeper?
    let transport: any Transport
    let streams: StreamBridge
    let logger: Logger
    /// Must be on disk when it returns.
    let keepEpoch: @Sendable (Epoch) throws -> Void
    /// Tells the cages.
    let keepLease: @Sendable (LeaseStanding) throws -> Void

    /// Over the time that a sync is held.
    private static let patience = Duration.seconds(10)
    private static let questionsAtOnce = 3
    /// Changes that come together are said together.
    private static let gathering = Duration.milliseconds(20)

    func run(_ start: SyncConversation) async {
        var conversation = start
        var failures = 0
        var questions = 0
        while !Task.isCancelled {
            for id in await keeper.takeChanges() { conversation.noteChange(of: id) }
            if await volumes?.takeNews() == true { conversation.noteStorageChange() }
            let observed = await keeper.everything()
            let storage = await volumes?.everything()
            let began = ContinuousClock.now
            let sent = conversation.send(registration: registration, observed: observed, storage: storage, at: BootClock.now)
            do {
                guard let answer = try await exchange(sent.request) else {
                    try? await Task.sleep(for: Self.gathering)
                    continue
                }
                if failures > 0 { logger.info("controller reached again") }
                failures = 0
                let news = try conversation.accept(answer, to: sent, at: BootClock.now)
                try await take(answer, news, &conversation)
                questions = news.asksAtOnce ? questions + 1 : 0
                // A controller that is never content is not asked in a circle.
                if let why = answer.unkept { logger.warning("the controller could not keep what it was told", metadata: ["why": "\(why)"]) }
                if questions > Self.questionsAtOnce || news.repeats { try? await Task.sleep(for: conversation.interval.duration) }
                await pause(after: sent.request, answer, since: began)
            } catch {
                guard !Task.isCancelled else { return }
                failures += 1
                report(error, failures)
                var chance = SystemRandomNumberGenerator()
                try? await Task.sleep(for: ReconnectDelay.draw(after: failures, interval: conversation.interval, using: &chance))
            }
        }
    }

    /// Nil when a held sync was given up because there is something to say now.
    private func exchange(_ request: SyncRequest) async throws -> SyncAnswer? {
        guard request.hold > .zero else { return try await send(request) }
        return try await withThrowingTaskGroup(of: SyncAnswer?.self) { group in
            group.addTask { try await send(request) }
            group.addTask {
                await keeper.signal.wait()
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private func send(_ request: SyncRequest) async throws -> SyncAnswer {
        let answer = try await transport.send(
            HTTPRequest(
                method: Route.syncNode.method, target: Route.syncNode.path("\(node)"), headers: [("Content-Type", "application/json")],
                body: .bytes(JSONWriter.data(request)), timeout: request.hold.duration + Self.patience))
        guard answer.status == 200 else {
            let error = try? JSONDecoder().decode(ErrorAnswer.self, from: answer.body).error
            throw WorkFailure("the controller refuses: \(error?.message ?? "status \(answer.status)")")
        }
        if let plain = SyncAnswer(json: answer.body) { return plain }
        do { return try JSONDecoder().decode(SyncAnswer.self, from: answer.body) } catch {
            throw WorkFailure("the controller's answer is unreadable; do its version and this agent's differ?")
        }
    }

    /// The epoch first, the lease last: a fenced instance that is not wanted any more must not start under it.
    private func take(_ answer: SyncAnswer, _ news: SyncConversation.News, _ conversation: inout SyncConversation) async throws {
        do {
            if let epoch = news.newEpoch {
                try keepEpoch(epoch)
                conversation.epochIsKept(epoch)
            }
            await keeper.acknowledge(news.acknowledged)
            // The files of an instance's volumes before the instance.
            if let wanted = answer.volumes { await volumes?.apply(wanted) }
            if answer.full || !answer.desired.isEmpty { await keeper.apply(answer.desired, full: answer.full, epoch: answer.epoch) }
            try keepLease(news.lease)
            await keeper.hold(news.lease)
        } catch {
            conversation.couldNotKeep()
            throw error
        }
        if let why = news.refusedGrant { logger.warning("a grant of a lease did not count", metadata: ["why": "\(why.words)"]) }
        streams.open(answer.streams)
    }

    /// A controller that answers an empty sync before its time is not asked in a circle.
    private func pause(after request: SyncRequest, _ answer: SyncAnswer, since began: ContinuousClock.Instant) async {
        let isEmpty = answer.desired.isEmpty && answer.volumes == nil && !answer.full && !answer.needsFull && answer.streams.isEmpty
        guard request.hold > .zero, isEmpty else { return }
        let rest = request.hold.duration - (ContinuousClock.now - began)
        guard rest > .zero else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await Task.sleep(for: rest) }
            group.addTask { await keeper.signal.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    private func report(_ error: any Error, _ failures: Int) {
        let level: Logger.Level = failures == 1 || failures % 60 == 0 ? .warning : .debug
        logger.log(level: level, "sync failed", metadata: ["why": "\(error)", "failures": "\(failures)"])
    }
}

extension SyncConversation.Refusal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .staleEpoch(let epoch, let seen): "the controller's term \(epoch.number) is over; \(seen.number) was seen"
        case .overtaken: "a later sync was answered before"
        }
    }
}
