import ClusterAPI
import ClusterModel
import ControllerDecisions
import Hummingbird

/// `/v1/cluster/recovery`
extension Controller {
    func showRecovery(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        return try .json(recoveryView)
    }

    func holdRecovery(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let body = try await JSONBody.read(call.request)
        let request = try JSONBody.decode(HoldRecoveryRequest.self, body, optional: true)
        let message = request.message ?? "An operator has stopped it."
        guard (1...Self.holdMessageLimit).contains(message.utf8.count) else {
            throw ErrorBody(code: .invalid, message: "message: 1 to \(Self.holdMessageLimit) bytes are expected.")
        }
        return try await change(call, body: body, .holdRecovery(.operatorsWord, message: message)) { self.recoveryView($0) }
    }

    private static let holdMessageLimit = 500

    func resumeRecovery(_ call: APICall) async throws -> Response {
        _ = try call.query()
        return try await change(call, body: try await noBody(call), .resumeRecovery) { self.recoveryView($0) }
    }

    var recoveryView: RecoveryView {
        view.look { state in
            let hold = state.recovery?.value.hold
            return RecoveryView(hold: hold, waits: hold == nil ? state.recoveryWaits : nil, instances: state.recovering)
        }
    }

    /// The answer comes before readers see the commit.
    private func recoveryView(_ answer: Answer) -> RecoveryView? {
        guard case .recovery(let recovery) = answer else { return nil }
        return RecoveryView(hold: recovery.hold, waits: nil, instances: view.look(\.recovering))
    }
}
