import ClusterAPI
import ClusterModel
import ControllerDecisions
import Hummingbird
import NIOCore

/// Consoles and logs: `/v1/instances/{instance}/streams`, `/v1/streams` and a node's half of them.
extension Controller {
    func openStream(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let key = try instanceKey(call)
        let request = try JSONBody.decode(OpenStreamRequest.self, try await JSONBody.read(call.request))
        try Self.check(request.source)
        if case .log = request.source {} else if let project = call.project { try demand(.use, in: project, call) }
        let (instance, health) = try view.read { state throws(ErrorBody) in
            let instance = try state.find(key).instance
            return (instance, instance.placement.flatMap { state.nodes[$0.node]?.value.health })
        }
        guard let placement = instance.placement else {
            throw ErrorBody(code: .conflict, message: "Instance “\(instance.name)” waits for room and has no console or log yet.")
        }
        guard health == .alive else {
            throw ErrorBody(code: .conflict, message: "Node “\(placement.nodeName)” is \(health?.rawValue ?? "gone"); its consoles can't be reached.")
        }
        let stream = StreamRequest(id: .random(), instance: instance.id, source: request.source)
        _ = try streams.open(stream, node: placement.node, name: instance.name, project: instance.project, owner: call.caller.actor)
        writer.note(AuditDraft(call), .done)
        sessions.wake(placement.node)
        return try .json(OpenStreamAnswer(id: stream.id), status: 201)
    }

    private static func check(_ source: StreamRequest.Source) throws(ErrorBody) {
        func invalid(_ message: String) -> ErrorBody { ErrorBody(code: .invalid, message: "source.\(message)") }
        switch source {
        case .console: break
        case .log(let lines, _):
            guard (lines ?? 0) >= 0 else { throw invalid("log.lines: \(lines ?? 0) is out of range: 0 or more is expected.") }
        case .port(let number):
            guard (1...65535).contains(number) else { throw invalid("port.number: \(number) is out of range: 1 to 65535 is allowed.") }
        case .program(let program):
            guard let first = program.words.first, !first.isEmpty, program.words.count <= GuestProgram.wordsLimit else {
                throw invalid("program.words: 1 to \(GuestProgram.wordsLimit) words are expected, of which the first is a path.")
            }
            guard (program.input?.count ?? 0) <= GuestProgram.inputLimit else {
                throw invalid("program.input: at most \(GuestProgram.inputLimit) bytes are allowed.")
            }
            guard program.timeout > .zero, program.timeout <= GuestProgram.longest else {
                throw invalid("program.timeout: \(program.timeout.count) ms is out of range: 1 to \(GuestProgram.longest.count) is allowed.")
            }
        case .file(let file):
            guard file.path.hasPrefix("/"), file.path.utf8.count <= GuestFile.longestPath, !file.path.utf8.contains(0) else {
                throw invalid("file.path: a path from the guest's root, of at most \(GuestFile.longestPath) bytes, is expected.")
            }
            guard (0...GuestFile.permissions).contains(file.mode ?? 0) else { throw invalid("file.mode: only permission bits are allowed.") }
        }
    }

    func streamOutput(_ call: APICall) async throws -> Response {
        let stream = try streams.find(try streamID(call.parameters[0]))
        try await streams.awaitNode(stream.request.id)
        return flow(stream.output, of: stream, call)
    }

    func nodeStreamInput(_ call: APICall) async throws -> Response {
        let stream = try nodeStream(call)
        return flow(stream.input, of: stream, call, ends: !stream.request.source.isHalfClosed)
    }

    /// Ends with the pipe, or with the connection, which ends the stream as well; the pipe's end does where `ends` says so.
    private func flow(_ pipe: BoundedPipe, of stream: StreamSwitch.Joined, _ call: APICall, ends: Bool = true) -> Response {
        let streams = streams
        let request = call.request
        let id = stream.request.id
        let body = ResponseBody { writer in
            do {
                _ = try await request.body.consumeWithCancellationOnInboundClose { [writer] _ in
                    var writer = writer
                    while let piece = await pipe.receive() {
                        if let end = call.caller.end(at: .now) { throw end }
                        try await writer.write(piece)
                    }
                }
            } catch {
                streams.close(id)
                throw error
            }
            if ends { streams.close(id) }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/octet-stream", .cacheControl: "no-store"], body: body)
    }

    func nodeStreamOutput(_ call: APICall) async throws -> Response {
        let stream = try nodeStream(call)
        guard streams.nodeArrived(stream.request.id) else {
            throw ErrorBody(code: .conflict, message: "The output of this stream is being sent already.")
        }
        // What was sent can still be read; the stream itself goes with its reader.
        defer {
            stream.output.finish()
            stream.input.finish()
        }
        for try await piece in call.request.body {
            guard await stream.output.send(piece) else {
                throw ErrorBody(code: .gone, message: "Nobody reads this stream any more.")
            }
        }
        return try .json(Nothing())
    }

    func streamInput(_ call: APICall) async throws -> Response {
        let stream = try streams.find(try streamID(call.parameters[0]))
        guard stream.request.source.takesInput else {
            throw ErrorBody(code: .invalid, message: "This stream takes no input; open the console instead.")
        }
        for try await piece in call.request.body {
            if let end = call.caller.end(at: .now) { throw end }
            guard await stream.input.send(piece) else { throw ErrorBody(code: .gone, message: "The stream has ended.") }
        }
        if stream.request.source.isHalfClosed { stream.input.finish() }
        return try .json(Nothing())
    }

    func closeStream(_ call: APICall) throws(ErrorBody) -> Response {
        let stream = try streams.find(try streamID(call.parameters[0]))
        streams.close(stream.request.id)
        return try .json(Nothing())
    }

    private func nodeStream(_ call: APICall) throws(ErrorBody) -> StreamSwitch.Joined {
        let node = try nodeID(call.parameters[0])
        let stream = try streams.find(try streamID(call.parameters[1]))
        guard stream.node == node else {
            throw ErrorBody(code: .notFound, message: "There is no open stream with the id \(stream.request.id) for this node.")
        }
        return stream
    }
}
