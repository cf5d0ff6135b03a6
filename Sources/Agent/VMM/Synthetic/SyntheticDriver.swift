import AgentDecisions
import ClusterModel
import Synchronization

/// VMs in memory: they take the time that they are told to, fail when they are told to, and cost nothing else.
package final class SyntheticDriver: VMM {
    private struct State {
        var nextPid: Int32 = 1
        var starts: Int64 = 0
        var running: [InstanceID: VMMProcess] = [:]
    }

    package let news: AsyncStream<VMMNews>
    private let tell: AsyncStream<VMMNews>.Continuation
    private let behaviour: SyntheticBehaviour
    private let state = Mutex(State())

    package init(behaviour: SyntheticBehaviour) {
        self.behaviour = behaviour
        (news, tell) = AsyncStream.makeStream(of: VMMNews.self, bufferingPolicy: .unbounded)
    }

    package func inventory() -> [FoundInstance] { [] }

    package func save(_ record: InstanceRecord) {}

    package func perform(_ work: InstanceWork, for record: InstanceRecord) {}

    package func arrangeDisks(of record: InstanceRecord, in process: VMMProcess?) -> DiskReport {
        let storage = record.desired.storage ?? InstanceStorage()
        return DiskReport(
            volumes: storage.volumes.map(\.id),
            done: DoneToDisks(
                restores: storage.restore?.number ?? 0, rebuilds: storage.rebuilds,
                snapshots: storage.snapshots.filter { !$0.deleted }.map { ObservedSnapshot(id: $0.id, consistency: .crash, pauseMicroseconds: 0) }))
    }

    package func start(_ record: InstanceRecord) async throws(WorkFailure) -> StartedVMM {
        let shallFail = state.withLock { state in
            state.starts += 1
            return behaviour.failEvery.map { state.starts % $0 == 0 } ?? false
        }
        do { try await Task.sleep(for: behaviour.startDelay.duration) } catch { throw WorkFailure("cancelled") }
        guard !shallFail else { throw WorkFailure("the synthetic VMM fails every \(behaviour.failEvery ?? 0). start") }
        let process = state.withLock { state in
            let process = VMMProcess(pid: state.nextPid, startTime: UInt64(state.starts), bootID: "synthetic")
            state.nextPid = state.nextPid == .max ? 1 : state.nextPid + 1
            state.running[record.desired.id] = process
            return process
        }
        return StartedVMM(process: process, spawned: .now)
    }

    package func powerDown(_ vmm: VMMProcess, of instance: InstanceID) {
        let delay = behaviour.stopDelay.duration
        Task {
            try? await Task.sleep(for: delay)
            end(vmm, of: instance, .poweredOff)
        }
    }

    package func kill(_ vmm: VMMProcess, of instance: InstanceID) { end(vmm, of: instance, .signalled(9)) }

    package func address(of instance: InstanceID) -> String? { nil }

    package func console(of instance: InstanceID) throws(WorkFailure) -> any ConsoleStream {
        throw WorkFailure("a synthetic VM has no console", isLasting: true)
    }

    package func log(of instance: InstanceID, lines: Int?, follow: Bool) throws(WorkFailure) -> any ConsoleStream {
        throw WorkFailure("a synthetic VM has no console", isLasting: true)
    }

    package func port(_ number: Int, of instance: InstanceID) throws(WorkFailure) -> any ConsoleStream {
        throw WorkFailure("a synthetic VM has no network", isLasting: true)
    }

    package func run(_ program: GuestProgram, in instance: InstanceID) throws(WorkFailure) -> GuestExit {
        throw WorkFailure("a synthetic VM runs no programs", isLasting: true)
    }

    package func copy(_ file: GuestFile, of instance: InstanceID) throws(WorkFailure) -> any ConsoleStream {
        throw WorkFailure("a synthetic VM has no files", isLasting: true)
    }

    /// As if the VMM had ended by itself; for tests of what follows.
    package func end(_ vmm: VMMProcess, of instance: InstanceID, _ exit: VMMExit) {
        let didRun = state.withLock { state in
            guard state.running[instance] == vmm else { return false }
            state.running[instance] = nil
            return true
        }
        if didRun { tell.yield(VMMNews(instance: instance, process: vmm, what: .ended(exit))) }
    }
}
