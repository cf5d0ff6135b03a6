import ClusterAPI
import ClusterModel
import ControllerDecisions
import FoundationEssentials
import Hummingbird

/// `/v1/tokens`: one's own, those of service accounts of projects that one manages, and for an admin all.
extension Controller {
    func listTokens(_ call: APICall) async throws -> Response {
        let query = try call.query(allowing: Self.listing + ["account"])
        let account = query["account"]
        return try list(
            call, query, listed(\.tokens),
            matching: { Self.rules(call.caller, $0.token.account) && (account == nil || $0.token.account.description == account) },
            edit: { if case .access(.token(let edit)) = $0 { edit } else { nil } }, id: { $0.token.id.description },
            item: { [access] kept in
                var token = kept.token
                token.lastUsedAt = access.session(of: token.id)?.lastUsed ?? token.lastUsedAt
                return token
            })
    }

    private static func rules(_ caller: Caller, _ account: AccountName) -> Bool {
        caller.may(.administer) || account.description == caller.actor || account.project.map { caller.may(.manage, in: $0) } ?? false
    }

    func createToken(_ call: APICall) async throws -> Response {
        _ = try call.query()
        guard call.header(.idempotencyKey) == nil else {
            throw ErrorBody(
                code: .invalid, message: "Idempotency-Key: leave it out here, since the answer would have to be kept and it holds a secret.")
        }
        let request = try JSONBody.decode(TokenRequest.self, try await JSONBody.read(call.request), optional: true)
        let account = try tokenAccount(request, call)
        let now = Timestamp.now
        let secret = TokenSecret()
        var token = AccessToken(id: .random(), account: account, note: request.note, createdAt: now, expiresAt: try Self.end(request, at: now))
        if let note = token.note {
            guard note.utf8.count <= AccessToken.noteLimit, Printable(note, limit: AccessToken.noteLimit).description == note else {
                throw ErrorBody(code: .invalid, message: "note: at most \(AccessToken.noteLimit) bytes without control characters are allowed.")
            }
        }
        // What one has for a while makes nothing that lasts longer.
        if account.description == call.caller.actor, let own = call.caller.session?.token.expiresAt {
            token.expiresAt = token.expiresAt.map { min($0, own) } ?? own
        }
        let command = Command.access(.createToken(KeptToken(token: token, digest: secret.digest)))
        guard case .access(.token(let made)) = try await writer.submit(command, audit: AuditDraft(call)) else {
            throw ErrorBody(code: .internal, message: "The ledger answered something else than was asked.")
        }
        var response = try Response.json(TokenAnswer(token: made, secret: secret.text), status: 201)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private func tokenAccount(_ request: TokenRequest, _ call: APICall) throws(ErrorBody) -> AccountName {
        guard let account = request.account else {
            guard let own = call.caller.session?.account else {
                throw ErrorBody(code: .invalid, message: "account: name the account that the token is for.")
            }
            return own
        }
        // A foreign account is not told from one that is not there.
        guard Self.rules(call.caller, account) else {
            throw ErrorBody(code: .notFound, message: "There is no account “\(account)” that you could make a token for.")
        }
        return account
    }

    private static func end(_ request: TokenRequest, at now: Timestamp) throws(ErrorBody) -> Timestamp? {
        if request.neverExpires == true {
            guard request.expiresIn == nil else { throw ErrorBody(code: .invalid, message: "neverExpires: expiresInMilliseconds says the opposite.") }
            return nil
        }
        let time = request.expiresIn ?? AccessToken.lifetime
        guard time > .zero, time <= AccessToken.longestLifetime else {
            throw ErrorBody(
                code: .invalid,
                message: "expiresInMilliseconds: \(time.count) is out of range: 1 to \(AccessToken.longestLifetime.count) is allowed.")
        }
        return now.advanced(by: time)
    }

    func revokeToken(_ call: APICall) async throws -> Response {
        _ = try call.query()
        let text = call.parameters[0]
        guard let id = TokenID(text) else {
            throw ErrorBody(
                code: .notFound, message: "There can be no token “\(Printable(text, limit: 40))”: expected is its id, not the secret itself.")
        }
        let account = view.look { $0.access.tokens[id]?.value.token.account }
        guard let account, Self.rules(call.caller, account) else {
            throw ErrorBody(code: .notFound, message: "There is no token with the id \(id).")
        }
        return try await change(call, body: try await noBody(call), .access(.revokeToken(id))) { answer in
            if case .access(.token(let token)) = answer { token } else { nil }
        }
    }
}
