import ArgumentParser
import ClusterAPI
import ClusterModel

struct Apply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the keys, sizes, instances and volumes that a file says. What it does not name is left alone.",
        discussion: """
            berth apply --file cluster.yaml

            keys:
              laptop: ssh-ed25519 AAAA... me@laptop
            sizes:
              web: {cpu: 2, memory: 4GiB, disk: 20GiB}
            instances:
              web-1: {size: web, image: debian, keys: [laptop], labels: {tier: front}, protected: true}
            volumes:
              data: {size: 10GiB, attachTo: web-1}

            Labels, protection and whether it runs are changed in place. Where anything else differs, nothing at all is done.
            """)

    @OptionGroup var options: DeclaredOptions
    @OptionGroup var waiting: WaitOptions

    func run() async throws {
        let client = try options.connection.client()
        let difference = try await options.difference(try options.declared(), client)
        guard difference.impossible.isEmpty else { throw CommandFailure(.conflict, difference.impossible.joined(separator: "\n")) }
        let progress = ProgressLine(quiet: options.connection.quiet)
        defer { progress.end() }
        var operations: [InstanceOperation] = []
        for step in difference.steps {
            switch step {
            case .importKey(let request): _ = try await client.importKey(request)
            case .createSize(let size): _ = try await client.create(size)
            case .launch(let request): operations += try await client.launch(request).operations
            case .update(let name, let request, _): _ = try await client.update(name.text, request)
            case .createVolume(let request): _ = try await client.create(request)
            case .updateVolume(let name, let request, _):
                if let operation = try await client.update(volume: name.text, request).operation { operations.append(operation) }
            case .attach(let name, let instance):
                // An instance takes one change of its disks after the other, and none before it is there.
                try await OperationWait(client: client, progress: progress, timeout: waiting.timeout).finish(operations)
                operations = []
                if let operation = try await client.attach(volume: name.text, to: instance.text).operation { operations.append(operation) }
            case .start(let name): if let operation = try await client.start(name.text).operation { operations.append(operation) }
            case .stop(let name): if let operation = try await client.stop(name.text, StopRequest()).operation { operations.append(operation) }
            case .impossible: break
            }
            progress.note(step.line)
        }
        if waiting.wait ?? true, !operations.isEmpty {
            try await OperationWait(client: client, progress: progress, timeout: waiting.timeout).finish(operations)
        }
        progress.end()
        if difference.steps.isEmpty, !options.connection.quiet { StandardError.write("nothing to change\n") }
    }
}
