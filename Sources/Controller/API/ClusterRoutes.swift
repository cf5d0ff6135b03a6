import ClusterAPI
import ClusterModel
import ControllerDecisions
import Hummingbird
import Placement

/// What says how the controller and the cluster as a whole are.
extension Controller {
    func version(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        return try .json(VersionAnswer(version: version))
    }

    func cluster(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        let (revision, byHealth, allocatable, allocated) = view.look { state in
            var byHealth: [String: Int] = [:]
            var allocatable = Resources.zero
            var allocated = Resources.zero
            for row in state.nodes.values {
                byHealth[row.value.health.rawValue, default: 0] += 1
                allocatable += row.value.capacity.allocatable
                allocated += state.engine.usage(of: row.value.id) ?? .zero
            }
            return (state.revision, byHealth, allocatable, allocated)
        }
        var byState: [String: Int] = [:]
        for (instanceState, count) in view.instancesByState where count > 0 { byState[instanceState.rawValue] = count }
        return try .json(
            ClusterView(
                version: version, epoch: epoch, revision: revision, nodesByHealth: byHealth, instancesByState: byState,
                allocatable: allocatable, allocated: allocated, recovery: recoveryView, policy: settings.policy, isStorageLow: room.level == .low))
    }

    func capacityHistory(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        return try .json(CapacityHistoryView(samples: view.look { $0.capacityHistory.rows.map(\.value) }))
    }

    func live(_ call: APICall) -> Response { .text("ok\n") }

    /// Each check by name with `verbose`, in the form that Kubernetes made usual.
    func ready(_ call: APICall) async throws -> Response {
        let query = try call.query("verbose")
        let verbose = try query.flag("verbose")
        var checks: [(name: String, trouble: String?)] = []
        do {
            let head = try await store.observe()
            checks.append(("store", head.epoch == epoch.number ? nil : "another controller has begun epoch \(head.epoch)"))
        } catch {
            checks.append(("store", "\(error)"))
        }
        let queued = writer.queued
        checks.append(("ledger", queued < LedgerWriter.queueLimit ? nil : "\(queued) requests wait"))
        checks.append(("images", images.trouble))
        let isReady = checks.allSatisfy { $0.trouble == nil }
        var text = ""
        for check in checks where verbose || check.trouble != nil {
            text += check.trouble.map { "[-]\(check.name) failed: \($0)\n" } ?? "[+]\(check.name) ok\n"
        }
        text += isReady ? "ok\n" : "not ready\n"
        return .text(text, status: isReady ? 200 : 503)
    }

    func metricsText(_ call: APICall) -> Response {
        .text(MetricsText.render(self), type: "text/plain; version=0.0.4; charset=utf-8")
    }
}
