import ClusterAPI
import ClusterModel
import ControllerDecisions
import Crypto
import FoundationEssentials
import Hummingbird

extension Controller {
    /// Puts a command to the ledger and renders its answer; with an `Idempotency-Key` the first answer is kept and given again.
    func change(
        _ call: APICall, body: Data = Data(), status: Int = 200, _ command: Command,
        _ shape: @escaping @Sendable (Answer) -> (any Encodable & Sendable)?
    ) async throws(ErrorBody) -> Response {
        guard let scope = try idempotencyScope(call, body: body) else {
            let answer = try await writer.submit(command, audit: AuditDraft(call))
            return .json(try Self.shaped(answer, shape), status: status)
        }
        let requestID = call.requestID
        let rendered = await writer.submit(command, audit: AuditDraft(call), scope: scope) { result in
            do throws(ErrorBody) {
                return LedgerWriter.Rendered(status: status, body: try Self.shaped(try result.get(), shape))
            } catch {
                var error = error
                error.requestID = requestID
                let body = (try? Response.encoded(ErrorAnswer(error: error))) ?? Data()
                return LedgerWriter.Rendered(status: error.code.httpStatus, body: body)
            }
        }
        return .json(rendered.body, status: rendered.status)
    }

    private static func shaped(_ answer: Answer, _ shape: (Answer) -> (any Encodable & Sendable)?) throws(ErrorBody) -> Data {
        guard let value = shape(answer) else { throw ErrorBody(code: .internal, message: "The ledger answered something else than was asked.") }
        return try Response.encoded(value)
    }

    /// A key is its caller's own.
    private func idempotencyScope(_ call: APICall, body: Data) throws(ErrorBody) -> IdempotencyScope? {
        guard let key = call.header(.idempotencyKey) else { return nil }
        guard (1...128).contains(key.utf8.count), key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ErrorBody(code: .invalid, message: "Idempotency-Key: use 1 to 128 printable ASCII characters without spaces.")
        }
        var fingerprint = SHA256()
        fingerprint.update(data: Data("\(call.route.method.rawValue) \(call.request.uri.string)\n".utf8))
        fingerprint.update(data: body)
        return IdempotencyScope(
            key: Data(SHA256.hash(data: Data("\(call.caller.actor)\n\(key)".utf8)).prefix(16)), fingerprint: Data(fingerprint.finalize()))
    }

    /// A body for the few routes that take none: it may be empty or `{}`.
    func noBody(_ call: APICall) async throws(ErrorBody) -> Data {
        let body = try await JSONBody.read(call.request)
        _ = try JSONBody.decode(Nothing.self, body, optional: true)
        return body
    }

    struct Nothing: Codable, Sendable {}
}
