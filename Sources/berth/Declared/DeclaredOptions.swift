import ArgumentParser
import ClusterAPI
import ClusterModel
import FoundationEssentials

/// What apply, diff and delete share: the file, and the cluster as it is.
struct DeclaredOptions: ParsableArguments {
    @Option(
        name: [.short, .long], help: ArgumentHelp("A YAML file of keys, sizes, instances and volumes; - is standard input.", valueName: "file"),
        completion: .file())
    var file: String

    @OptionGroup var connection: ConnectionOptions

    func declared() throws -> DeclaredCluster {
        let data = try InputFile.read(file, limit: 4 << 20)
        guard let text = String(data: data, encoding: .utf8) else { throw CommandFailure(.usage, "\(file) is no UTF-8 text") }
        return try DeclaredCluster(text: text, file: file)
    }

    func difference(_ declared: DeclaredCluster, _ client: APIClient) async throws -> DeclaredDifference {
        DeclaredDifference(
            declared, keys: try await client.keys().whole().items, sizes: try await client.sizes().whole().items,
            instances: try await client.instances().whole().items,
            volumes: declared.volumes.isEmpty ? [] : try await client.volumes().whole().items)
    }
}
