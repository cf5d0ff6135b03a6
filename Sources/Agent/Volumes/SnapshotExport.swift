import ClusterAPI
import ClusterModel
import FoundationEssentials

/// Takes a disk's file to the controller's library of images, as a person's import would.
package struct SnapshotExport: Sendable {
    private let transport: any Transport
    private static let patience = Duration.seconds(3600)

    package init(transport: any Transport) { self.transport = transport }

    func send(_ path: String, as image: Name, architecture: Architecture) async throws(WorkFailure) {
        let target = "\(Route.importImage.path())?name=\(image)&format=qcow2&architecture=\(architecture.rawValue)"
        let answer: HTTPAnswer
        do {
            answer = try await transport.send(
                HTTPRequest(
                    method: Route.importImage.method, target: target, headers: [("Content-Type", "application/octet-stream")],
                    body: .file(path: path),
                    timeout: Self.patience))
        } catch { throw WorkFailure("the controller was not reached: \(error)") }
        guard answer.status < 300 else {
            let error = try? JSONDecoder().decode(ErrorAnswer.self, from: answer.body).error
            throw WorkFailure("the controller refuses the image: \(error?.message ?? "status \(answer.status)")", isLasting: true)
        }
    }
}
