import ClusterModel
import Placement

extension ClusterState {
    /// A new instance that begins with the root disk of a snapshot, beside it on its node. Volumes are not cloned with it.
    mutating func clone(_ new: StorageCommand.NewClone, at now: Timestamp) throws(ErrorBody) -> Answer {
        let snapshot = try ready(new.snapshot)
        guard let root = snapshot.disks.first(where: { $0.volume == nil }) else {
            throw .conflict("Snapshot “\(snapshot.name)” has no root disk to begin with.")
        }
        let launch = Command.Launch(
            name: new.name, project: snapshot.project, size: new.size ?? snapshot.size, image: snapshot.image.name, recovery: .stay,
            ids: [(new.instance, new.operation)])
        var template = try spec(of: launch)
        template.image = snapshot.image
        guard template.resources.disk >= root.size else {
            throw .invalid("size: the snapshot's root disk has \(root.size), and the size “\(template.size)” \(template.resources.disk).")
        }
        guard instances.count < LedgerSettings.Limit.instances else {
            throw .tooMany("This cluster holds \(instances.count) instances, which is the most it takes.")
        }
        try checkQuota(launch.project, adding: QuotaUsage(instances: 1, of: template.resources))
        try checkOperations(in: launch.project)
        let request = Self.request(template, instance: new.instance)
        guard engine.admits(request, on: snapshot.node), let allocation = engine.allocation(for: request, on: snapshot.node) else {
            throw ErrorBody(
                code: .noCapacity,
                message:
                    "Node “\(snapshot.nodeName)”, where snapshot “\(snapshot.name)” is, can't take the instance now; export it to an image to launch "
                    + "elsewhere.", explanation: engine.explain(request))
        }
        let decision = PlacementDecision(
            node: snapshot.node, nodeName: snapshot.nodeName, allocation: allocation, score: 0, policy: settings.policy)
        var answer = Answer.Launched()
        let name = try instanceName(launch, index: 0, id: new.instance)
        let storage = InstanceStorage(origin: SnapshotOrigin(instance: snapshot.instance, snapshot: snapshot.id))
        try place((new.instance, new.operation), name: name, launch: launch, template: template, decision, storage: storage, at: now, into: &answer)
        return .launched(answer)
    }
}
