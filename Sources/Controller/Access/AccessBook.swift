import ClusterModel
import ControllerDecisions
import Crypto
import Synchronization

/// Every token of the ledger by its digest, as of the last commit.
final class AccessBook: Sendable {
    private struct State {
        var sessions: [TokenDigest: TokenSession] = [:]
        var digests: [TokenID: TokenDigest] = [:]
        var tokensOf: [AccountName: Set<TokenID>] = [:]
        var rights: [AccountName: Rights] = [:]
    }

    let limits: AccessLimits
    private let state: Mutex<State>

    init(_ access: AccessState, limits: AccessLimits) {
        self.limits = limits
        var state = State()
        for row in access.accounts.values { state.rights[row.value.name] = Rights(row.value.grants) }
        for row in access.tokens.values { Self.add(row.value, to: &state, limits) }
        self.state = Mutex(state)
    }

    private static func add(_ kept: KeptToken, to state: inout State, _ limits: AccessLimits) {
        let account = kept.token.account
        state.sessions[kept.digest] = TokenSession(kept, rights: state.rights[account] ?? .none, limits: limits)
        state.digests[kept.token.id] = kept.digest
        state.tokensOf[account, default: []].insert(kept.token.id)
    }

    /// Before the callers of a commit are answered: who is told that a token is revoked can rely on it.
    func apply(_ effects: Effects) {
        for change in effects.changes {
            guard case .access(let change) = change.change else { continue }
            state.withLock { Self.apply(change, to: &$0, limits) }
        }
    }

    private static func apply(_ change: AccessChange, to state: inout State, _ limits: AccessLimits) {
        switch change {
        case .project: break
        case .account(let edit):
            if let before = edit.before, edit.after == nil { state.rights[before.value.name] = nil }
            guard let account = edit.after?.value else { return }
            let rights = Rights(account.grants)
            state.rights[account.name] = rights
            for id in state.tokensOf[account.name] ?? [] { state.digests[id].flatMap { state.sessions[$0] }?.set(rights) }
        case .token(let edit):
            if let after = edit.after {
                if edit.before == nil { add(after.value, to: &state, limits) }
            } else if let before = edit.before?.value {
                state.sessions.removeValue(forKey: before.digest)?.revoke()
                state.digests[before.token.id] = nil
                state.tokensOf[before.token.account]?.remove(before.token.id)
            }
        }
    }

    private func session(_ digest: TokenDigest) -> TokenSession? { state.withLock { $0.sessions[digest] } }

    func session(of token: TokenID) -> TokenSession? { state.withLock { state in state.digests[token].flatMap { state.sessions[$0] } } }

    /// What was used since it was last asked.
    func takeUses() -> [AccessCommand.TokenUse] {
        let sessions = state.withLock { Array($0.sessions.values) }
        return sessions.compactMap { session in session.takeUse().map { .init(token: session.id, at: $0) } }
    }

    // MARK: Authentication

    /// - Parameter header: the `Authorization` header's value.
    func authenticate(_ header: String?, at now: Timestamp) throws(ErrorBody) -> Caller {
        if limits.isOpen { return .local }
        guard let header else {
            throw ErrorBody(
                code: .unauthenticated, message: "This needs a token: send “Authorization: Bearer …”, or set BERTH_TOKEN for the command line.")
        }
        guard let digest = Self.digest(ofBearer: header), let session = session(digest), session.digest.equalsInConstantTime(digest) else {
            throw ErrorBody(code: .unauthenticated, message: "The token is not valid: it is mistyped, was revoked, or is another cluster's.")
        }
        switch session.enter(at: now) {
        case .admitted(let rights): return Caller(actor: session.actor, session: session, rights: rights)
        case .revoked: throw ErrorBody(code: .unauthenticated, message: "The token was revoked.")
        case .expired:
            throw ErrorBody(code: .unauthenticated, message: "The token expired at \(session.token.expiresAt?.description ?? "?"); make another.")
        case .tooFast:
            throw ErrorBody(code: .tooManyRequests, message: "This token asks more than \(limits.rate) times a second; ask more slowly.")
        case .tooMany:
            throw ErrorBody(code: .tooManyRequests, message: "\(limits.underWay) requests of this token wait for an answer already; wait for some.")
        }
    }

    private static func digest(ofBearer header: String) -> TokenDigest? {
        let scheme = "bearer "
        let bytes = header.utf8
        guard bytes.count == scheme.utf8.count + TokenText.length else { return nil }
        guard zip(bytes, scheme.utf8).allSatisfy({ $0 | 0x20 == $1 }) else { return nil }
        return digest(of: bytes.dropFirst(scheme.utf8.count))
    }

    static func digest(of text: some Sequence<UInt8>) -> TokenDigest? {
        let bytes = Array(text)
        var hash = SHA256()
        bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return TokenDigest(hash.finalize())
    }
}
