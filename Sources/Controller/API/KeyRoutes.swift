import ClusterAPI
import ClusterModel
import ControllerDecisions
import Crypto
import FoundationEssentials
import Hummingbird

/// `/v1/keys`, and the seeds that nodes ask for.
extension Controller {
    func listKeys(_ call: APICall) async throws -> Response {
        let query = try call.query(allowing: Self.listing + ["name"])
        let name = try query.name("name")
        return try list(
            call, query, view.keys, matching: { call.sees($0.project) && (name == nil || $0.name == name) },
            edit: { if case .key(let edit) = $0 { edit } else { nil } },
            id: { $0.name.text }, item: { $0 })
    }

    func importKey(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let body = try await JSONBody.read(call.request, limit: 64 << 10)
        let request = try JSONBody.decode(KeyRequest.self, body)
        let hash = Data(SHA256.hash(data: request.publicKey.blob)).base64EncodedString()
        let key = SSHKey(
            name: request.name, project: try namedProject(call), publicKey: request.publicKey, fingerprint: "SHA256:\(hash.prefix { $0 != "=" })",
            createdAt: .now)
        return try await change(call, body: body, status: 201, .importKey(key), Self.key)
    }

    func deleteKey(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let name: Name
        do { name = try Name(call.parameters[0]) } catch { throw ErrorBody(code: .notFound, message: error.description) }
        return try await change(call, body: try await noBody(call), .deleteKey(ProjectName(project: try namedProject(call), name: name)), Self.key)
    }

    func instanceSeed(_ call: APICall) throws(ErrorBody) -> Response {
        _ = try call.query()
        guard let id = InstanceID(call.parameters[0]) else {
            throw ErrorBody(code: .notFound, message: "There can be no instance “\(Printable(call.parameters[0], limit: 40))”: expected is an id.")
        }
        return try .json(
            try view.read { state throws(ErrorBody) in
                let record = try state.find(.id(id))
                return state.seeds[record.id]?.value.seed ?? InstanceSeed()
            })
    }

    @Sendable private static func key(_ answer: Answer) -> (any Encodable & Sendable)? {
        if case .key(let key) = answer { key } else { nil }
    }
}
