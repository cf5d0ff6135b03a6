import ClusterAPI
import ClusterModel
import Foundation
import Testing

/// A controller that asks for tokens, with the projects “shop” and “rival”, and somebody for each role.
struct PlayedTenants: Sendable {
    let controller: RunningController
    let admin: String
    /// By role; those of a project hold it in “shop”.
    private(set) var secrets: [Role: String] = [:]
    private(set) var things: [String: Things] = [:]

    /// What a project has.
    struct Things: Sendable {
        var project: String
        var instance: InstanceID
        var operation: OperationID
        var image: ImageID
        var stream: StreamID
        var volume: VolumeID
        var snapshot: SnapshotID

        func fill(_ text: String) -> String {
            text.replacingOccurrences(of: "{project}", with: project).replacingOccurrences(of: "{instance}", with: "\(instance)")
                .replacingOccurrences(of: "{operation}", with: "\(operation)").replacingOccurrences(of: "{image}", with: "\(image)")
                .replacingOccurrences(of: "{stream}", with: "\(stream)")
                .replacingOccurrences(of: "{volume}", with: "\(volume)").replacingOccurrences(of: "{snapshot}", with: "\(snapshot)")
        }
    }

    static let tokens = "access: {rate: 100000, burst: 100000}\n"

    init(_ controller: RunningController) async throws {
        self.controller = controller
        admin = try String(contentsOf: controller.directory.appending(path: "admin-token"), encoding: .utf8).trimmingCharacters(in: .newlines)
        for project in ["shop", "rival"] { try await ask(.post, "/v1/projects", ProjectRequest(name: try Name(project)), expecting: 201) }
        for role in Role.allCases {
            let name = role == .admin ? "second-admin" : role.rawValue
            secrets[role] = try await user(name, [RoleGrant(role: role, project: role.isClusterWide ? nil : try Name("shop"))])
        }
        try await ask(.post, "/v1/users", AccountRequest(name: try Name("nobody-yet")), expecting: 201)
    }

    func secret(_ role: Role) throws -> String { try #require(secrets[role]) }

    /// Makes a user with these roles; the token's secret comes back.
    func user(_ name: String, _ grants: [RoleGrant]) async throws -> String {
        try await ask(.post, "/v1/users", AccountRequest(name: try Name(name)), expecting: 201)
        let account = AccountName(project: nil, name: try Name(name))
        for grant in grants { try await ask(.post, "/v1/grants", GrantRequest(account: account, role: grant.role, project: grant.project)) }
        return try await token(of: account).secret
    }

    func token(of account: AccountName, by secret: String? = nil, expiresIn: Milliseconds? = nil) async throws -> TokenAnswer {
        try await ask(.post, "/v1/tokens", TokenRequest(account: account, expiresIn: expiresIn), by: secret, expecting: 201).decoded()
    }

    @discardableResult
    func ask(
        _ method: Route.Method, _ target: String, _ body: some Encodable, by secret: String? = nil, expecting status: Int = 200
    ) async throws -> RunningController.Reply {
        let reply = try await send(method, target, try JSONEncoder().encode(body), by: secret ?? admin)
        #expect(reply.status == status, "\(method.rawValue) \(target): \(reply.text)")
        return reply
    }

    /// With no token where `secret` is nil.
    func send(
        _ method: Route.Method, _ target: String, _ body: Data? = nil, by secret: String?, headers: [(String, String)] = []
    ) async throws -> RunningController.Reply {
        try await controller.send(method, target, body, headers: headers + (secret.map { [("Authorization", "Bearer \($0)")] } ?? []))
    }

    /// In both projects an image, a key, a protected instance on a node that is alive, and an open log.
    mutating func furnish() async throws {
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ6/K+9S0yTDZ0bDMKpRrnUAVkMcSHFD2YsQ1P8VqS2s a"
        let publicImage = try await send(.post, "/v1/images?name=tiny&format=linux&public=1", Data("public".utf8), by: admin)
        #expect(publicImage.status == 201, "\(publicImage.text)")
        var node = try PlayedNode(controller, name: "n1")
        try await node.join()
        for project in ["shop", "rival"] {
            let image = try await send(.post, "/v1/images?name=own&format=raw&project=\(project)", Data(project.utf8), by: admin)
            #expect(image.status == 201, "\(image.text)")
            let kept = try await send(
                .post, "/v1/keys?project=\(project)", Data(#"{"name": "laptop", "publicKey": "\#(key)"}"#.utf8), by: admin)
            #expect(kept.status == 201, "\(kept.text)")
            var launch = try controller.launchRequest("web")
            launch.image = try Name("own")
            launch.protected = true
            let launched: LaunchAnswer = try await ask(.post, "/v1/instances?project=\(project)", launch, expecting: 201).decoded()
            let instance = try #require(launched.instances.first)
            try await node.obey()
            let volume = try await send(
                .post, "/v1/volumes?project=\(project)", Data(#"{"name": "data", "sizeMiB": 1024}"#.utf8), by: admin)
            #expect(volume.status == 201, "\(volume.text)")
            let snapshot = try await send(
                .post, "/v1/snapshots?project=\(project)", Data(#"{"name": "before", "instance": "web"}"#.utf8), by: admin)
            #expect(snapshot.status == 201, "\(snapshot.text)")
            let log = OpenStreamRequest(source: .log(lines: 1, follow: false))
            let stream: OpenStreamAnswer = try await ask(.post, "/v1/instances/\(instance.id)/streams", log, expecting: 201).decoded()
            things[project] = Things(
                project: project, instance: instance.id, operation: try #require(launched.operations.first).id,
                image: try image.decoded(as: Image.self).id,
                stream: stream.id, volume: try volume.decoded(as: VolumeAnswer.self).volume.id,
                snapshot: try snapshot.decoded(as: SnapshotAnswer.self).snapshot.id)
        }
        // Somebody is on each console, so that opening it is a conflict.
        for project in things.values {
            try await ask(.post, "/v1/instances/\(project.instance)/streams", OpenStreamRequest(source: .console), expecting: 201)
        }
    }
}
