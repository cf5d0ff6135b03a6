import ArgumentParser
import ClusterAPI
import ClusterModel

struct DeleteDeclared: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete what a file says: its instances, then its volumes with their data, its sizes and keys. What is gone already is no error.",
        discussion: "berth delete --file cluster.yaml")

    @OptionGroup var options: DeclaredOptions
    @OptionGroup var waiting: WaitOptions

    func run() async throws {
        let client = try options.connection.client()
        let declared = try options.declared()
        let progress = ProgressLine(quiet: options.connection.quiet)
        defer { progress.end() }
        var operations: [InstanceOperation] = []
        for instance in declared.instances {
            try await Self.unlessGone {
                if let operation = try await client.delete(instance.name.text).operation { operations.append(operation) }
                progress.note("- instance/\(instance.name)")
            }
        }
        if waiting.wait ?? true, !operations.isEmpty {
            try await OperationWait(client: client, progress: progress, timeout: waiting.timeout).finish(operations)
        }
        for volume in declared.volumes {
            try await Self.unlessGone {
                _ = try await client.delete(volume: volume.name.text)
                progress.note("- volume/\(volume.name)")
            }
        }
        for size in declared.sizes {
            try await Self.unlessGone {
                try await client.delete(size: size.name)
                progress.note("- size/\(size.name)")
            }
        }
        for (name, _) in declared.keys {
            try await Self.unlessGone {
                try await client.delete(key: name)
                progress.note("- key/\(name)")
            }
        }
    }

    private static func unlessGone(_ work: () async throws -> Void) async throws {
        do { try await work() } catch let error as ErrorBody where error.code == .notFound {}
    }
}
