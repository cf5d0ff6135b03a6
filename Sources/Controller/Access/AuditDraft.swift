import ClusterAPI
import ClusterModel
import ControllerDecisions
import NIOCore

/// What is known of a request before its outcome.
struct AuditDraft: Sendable {
    private static let objectLimit = 160

    var actor: String
    var address: String
    var verb: String
    var object: String
    var requestID: String

    init(_ call: APICall) {
        actor = if case .node(let node) = call.peer { "node/\(node)" } else { call.caller.actor }
        address = call.remote?.ipAddress ?? ""
        verb = call.route.rawValue
        requestID = call.requestID
        let project = call.project.map { "\($0)/" } ?? ""
        object = project + Printable(call.parameters.joined(separator: "/"), limit: Self.objectLimit).description
    }

    /// A word about requests that nobody had room to note one by one.
    init(unnoted count: Int) {
        actor = "controller"
        address = ""
        verb = "denied"
        object = "\(count) more requests"
        requestID = ""
    }

    func entry(_ number: Int64, at now: Timestamp, _ result: Result<Answer, ErrorBody>) -> AuditEntry {
        switch result {
        case .success(let answer): entry(number, at: now, .done, answer: answer)
        case .failure(let error): entry(number, at: now, .refused, code: error.code)
        }
    }

    /// - Parameter answer: what the ledger gave, where it gave anything.
    func entry(_ number: Int64, at now: Timestamp, _ decision: AuditEntry.Decision, code: ErrorBody.Code? = nil, answer: Answer? = nil) -> AuditEntry
    {
        AuditEntry(
            number: number, at: now, actor: actor, address: address, verb: verb, object: answer.flatMap(Self.object) ?? object, decision: decision,
            code: code, requestID: requestID)
    }

    /// Which thing it was, where the request did not name it.
    private static func object(_ answer: Answer) -> String? {
        switch answer {
        case .launched(let launched):
            guard let first = launched.instances.first else { return nil }
            let more = launched.instances.count > 1 ? " and \(launched.instances.count - 1) more" : ""
            return "\(first.project)/\(first.name)\(more)"
        case .instance(let instance, _): return "\(instance.project)/\(instance.name)"
        case .image(let image): return image.project.map { "\($0)/\(image.name)" } ?? image.name.text
        case .key(let key): return "\(key.project)/\(key.name)"
        case .volume(let volume, _): return "\(volume.project)/\(volume.name)"
        case .snapshot(let snapshot, _): return "\(snapshot.project)/\(snapshot.name)"
        case .size(let size): return size.name.text
        case .access(.project(let project)): return project.name.text
        case .access(.account(let account)): return account.name.description
        case .access(.token(let token)): return "\(token.account) \(token.id)"
        case .node(let node), .drain(let node, _): return node.name.text
        case .joinToken(let token): return token.node.text
        case .credential(let credential): return credential.name.text
        case .operation, .recovery, .reported, .done: return nil
        }
    }
}
