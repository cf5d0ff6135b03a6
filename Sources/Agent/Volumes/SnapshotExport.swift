import ClusterAPI
import ClusterModel
import FoundationEssentials

/// Takes a disk's file to the controller's library of images; what it is called there, the controller knows.
package struct SnapshotExport: Sendable {
    private let transport: any Transport
    private static let patience = Duration.seconds(3600)

    package init(transport: any Transport) { self.transport = transport }

    func send(_ path: String, of snapshot: SnapshotID, _ instance: InstanceID, architecture: Architecture) async throws(WorkFailure) {
        let route = Route.takeExport
        let target = "\(route.path(instance.description, snapshot.description))?architecture=\(architecture.rawValue)"
        let answer: HTTPAnswer
        do {
            answer = try await transport.send(
                HTTPRequest(
                    method: route.method, target: target, headers: [("Content-Type", "application/octet-stream")],
                    body: .file(path: path),
                    timeout: Self.patience))
        } catch { throw WorkFailure("the controller was not reached: \(error)") }
        guard answer.status < 300 else {
            let error = try? JSONDecoder().decode(ErrorAnswer.self, from: answer.body).error
            throw WorkFailure("the controller refuses the image: \(error?.message ?? "status \(answer.status)")", isLasting: true)
        }
    }
}
