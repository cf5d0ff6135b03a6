import ClusterAPI
import ClusterModel
import Hummingbird

extension Controller {
    /// Every route and what answers it: total, so that a new route can't be forgotten.
    func answer(_ call: APICall) async throws -> Response {
        switch call.route {
        case .live: live(call)
        case .ready: try await ready(call)
        case .metrics: metricsText(call)
        case .version: try version(call)
        case .cluster: try cluster(call)
        case .backupCluster: try await backupCluster(call)
        case .listInstances: try await listInstances(call)
        case .launchInstance: try await launchInstance(call)
        case .showInstance: try showInstance(call)
        case .deleteInstance: try await deleteInstance(call)
        case .startInstance: try await startInstance(call)
        case .stopInstance: try await stopInstance(call)
        case .rebootInstance: try await rebootInstance(call)
        case .explainInstance: try await explainInstance(call)
        case .adoptInstance: try await adoptInstance(call)
        case .destroyInstance: try await destroyInstance(call)
        case .listNodes: try await listNodes(call)
        case .showNode: try showNode(call)
        case .cordonNode: try await setCordoned(call, true)
        case .uncordonNode: try await setCordoned(call, false)
        case .removeNode: try await removeNode(call)
        case .syncNode: try await syncNode(call)
        case .listSizes: try await listSizes(call)
        case .createSize: try await createSize(call)
        case .deleteSize: try await deleteSize(call)
        case .listImages: try await listImages(call)
        case .showImage: try showImage(call)
        case .importImage: try await importImage(call)
        case .downloadImage: try await downloadImage(call)
        case .deleteImage: try await deleteImage(call)
        case .imageContent: try imageContent(call)
        case .listKeys: try await listKeys(call)
        case .importKey: try await importKey(call)
        case .deleteKey: try await deleteKey(call)
        case .instanceSeed: try instanceSeed(call)
        case .listOperations: try await listOperations(call)
        case .showOperation: try showOperation(call)
        case .cancelOperation: try await cancelOperation(call)
        case .listEvents: try await listEvents(call)
        case .openStream: try await openStream(call)
        case .streamOutput: try await streamOutput(call)
        case .streamInput: try await streamInput(call)
        case .closeStream: try closeStream(call)
        case .nodeStreamOutput: try await nodeStreamOutput(call)
        case .nodeStreamInput: try await nodeStreamInput(call)
        }
    }
}
