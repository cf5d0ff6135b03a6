import ClusterModel

/// What of a guest can be reached while it runs.
extension QEMUDriver {
    package func port(_ number: Int, of instance: InstanceID) async throws(WorkFailure) -> any ConsoleStream {
        guard let connection = connection(of: instance) else { throw WorkFailure("the instance does not run", isLasting: true) }
        let network = network(of: instance)
        guard let bridged = network.bridged else { return try await GuestPorts(connection).connect(to: number) }
        return SocketConsole(try await GuestDial.connect(to: bridged.address, port: UInt16(clamping: number)))
    }

    package func run(_ program: GuestProgram, in instance: InstanceID) async throws(WorkFailure) -> GuestExit {
        guard connection(of: instance) != nil else { throw WorkFailure("the instance does not run", isLasting: true) }
        var agent = try await GuestAgent.open(in: directory(instance), timeout: program.timeout.duration)
        defer { agent.close() }
        return try await agent.run(program.words, input: program.input)
    }

    package func copy(_ file: GuestFile, of instance: InstanceID) throws(WorkFailure) -> any ConsoleStream {
        guard connection(of: instance) != nil else { throw WorkFailure("the instance does not run", isLasting: true) }
        let files = GuestFiles(directory: directory(instance))
        return switch file.direction {
        case .fromGuest: GuestFileSource(GuestFileReading(file, files))
        case .toGuest: GuestFileTarget(GuestFileWriting(file, files))
        }
    }
}
