import ClusterModel
import ControllerDecisions

/// The API: from a client's request to a command, with ids made here.
extension ControllerProcess {
    func take(_ request: ClientRequest, attempt: Int) {
        submit(command(for: request.what), key: request.key, .client(request.key, attempt: attempt))
    }

    private func command(for what: ClientRequest.What) -> Command {
        func named(_ name: Name) -> InstanceKey { .name(ProjectName(project: ClusterState.defaultProject, name: name)) }
        switch what {
        case .launch(let name, let recovery, let ephemeral, let priority, let apart, let queue, let restart):
            var constraints = Constraints()
            if let apart { constraints.antiAffinity = [.init(group: apart)] }
            return .launch(
                Command.Launch(
                    name: name, project: ClusterState.defaultProject, groups: apart.map { [$0] } ?? [], constraints: constraints, restart: restart,
                    stopTimeout: Milliseconds(seconds: 20), queue: queue, recovery: recovery, ephemeral: ephemeral, priority: priority,
                    ids: [(chance.id(), chance.id())]))
        case .launchWorkload(let workload):
            return .launch(
                Command.Launch(
                    name: workload.name, project: ClusterState.defaultProject, size: workload.size, labels: workload.labels, groups: workload.groups,
                    constraints: workload.constraints, policy: workload.policy, queue: true, recovery: workload.recovery,
                    ids: [(chance.id(), chance.id())]))
        case .stop(let name, let force): return .stop(named(name), chance.id(), force: force, within: nil)
        case .start(let name): return .start(named(name), chance.id())
        case .reboot(let name): return .reboot(named(name), chance.id())
        case .delete(let name): return .delete(named(name), chance.id())
        case .cancel(let operation): return .cancel(operation, deletion: chance.id())
        case .cordon(let name): return .cordon(.name(name))
        case .uncordon(let name): return .uncordon(.name(name))
        case .removeNode(let name): return .removeNode(.name(name))
        case .drain(let name, let stop): return .drain(.name(name), stop: stop, parallel: 2)
        case .confirmDead(let name): return .confirmDead(.name(name), diskGone: false)
        case .resumeRecovery: return .resumeRecovery
        case .adopt(let id): return .adopt(.id(id))
        case .destroy(let id): return .destroy(.id(id), chance.id())
        }
    }
}
