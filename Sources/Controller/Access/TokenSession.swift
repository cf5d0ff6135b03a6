import ClusterModel
import ControllerDecisions
import Synchronization

/// One token at work: what it may, how fast it asks, what it holds open.
final class TokenSession: Sendable {
    enum Standing {
        case valid(Rights)
        case expired
        case revoked
    }

    enum Admission {
        case admitted(Rights)
        case expired
        case revoked
        case tooFast
        case tooMany
    }

    private struct State {
        var rights: Rights
        var isRevoked = false
        /// In thousandths of a request.
        var allowance: Int64
        var refilled: Int64
        var underWay = 0
        var watches = 0
        var lastUsed: Int64?
        var lastNoted: Int64?
    }

    let id: TokenID
    let account: AccountName
    let actor: String
    let digest: TokenDigest
    let token: AccessToken
    private let limits: AccessLimits
    private let state: Mutex<State>

    init(_ kept: KeptToken, rights: Rights, limits: AccessLimits) {
        id = kept.token.id
        account = kept.token.account
        actor = kept.token.account.description
        digest = kept.digest
        token = kept.token
        self.limits = limits
        let used = kept.token.lastUsedAt?.milliseconds
        state = Mutex(State(rights: rights, allowance: limits.burst * 1000, refilled: 0, lastUsed: used, lastNoted: used))
    }

    /// Takes one request in; `leave` follows where it was admitted.
    func enter(at now: Timestamp) -> Admission {
        state.withLock { state in
            if state.isRevoked { return .revoked }
            if let end = token.expiresAt, end <= now { return .expired }
            // A clock that was set back refills nothing, and takes nothing away.
            let passed = max(0, min(now.milliseconds - state.refilled, 60_000))
            state.allowance = min(limits.burst * 1000, state.allowance + passed * limits.rate)
            state.refilled = now.milliseconds
            guard state.allowance >= 1000 else { return .tooFast }
            guard state.underWay < limits.underWay else { return .tooMany }
            state.allowance -= 1000
            state.underWay += 1
            state.lastUsed = now.milliseconds
            return .admitted(state.rights)
        }
    }

    func leave() { state.withLock { $0.underWay -= 1 } }

    func standing(at now: Timestamp) -> Standing {
        state.withLock { state in
            if state.isRevoked { return .revoked }
            if let end = token.expiresAt, end <= now { return .expired }
            return .valid(state.rights)
        }
    }

    func set(_ rights: Rights) { state.withLock { $0.rights = rights } }

    func revoke() { state.withLock { $0.isRevoked = true } }

    /// Nil where it has as many open as it may.
    func openWatch() -> OpenWatch? {
        let opened = state.withLock { state in
            guard state.watches < limits.watches else { return false }
            state.watches += 1
            return true
        }
        return opened ? OpenWatch(session: self) : nil
    }

    fileprivate func closeWatch() { state.withLock { $0.watches -= 1 } }

    var lastUsed: Timestamp? { state.withLock { $0.lastUsed.map { Timestamp(milliseconds: $0) } } }

    /// When it was last used, where that has not been taken note of.
    func takeUse() -> Timestamp? {
        state.withLock { state in
            guard let used = state.lastUsed, used != state.lastNoted else { return nil }
            state.lastNoted = used
            return Timestamp(milliseconds: used)
        }
    }
}

/// Open for as long as anything holds it, however its connection ends.
final class OpenWatch: Sendable {
    private let session: TokenSession
    fileprivate init(session: TokenSession) { self.session = session }
    deinit { session.closeWatch() }
}
