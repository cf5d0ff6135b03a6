import ClusterModel
import ControllerDecisions
import FoundationEssentials
import Glibc
import Logging

extension ControllerOpening {
    /// Where the first admin's token is, for the owner of the data directory alone.
    static func adminTokenFile(_ directory: String) -> String { "\(directory)/admin-token" }

    /// In a ledger in which no admin could prove who they are: the account “admin” with a token, which is written beside the ledger.
    func makeFirstAdmin(_ state: inout ClusterState, _ store: any StateStore, _ head: StoreHead) async throws -> StoreHead {
        let now = Timestamp.now
        let admins = state.access.accounts.values.map(\.value).filter(\.isAdmin)
        let hasToken = admins.contains { account in
            state.access.tokens(of: account.name).contains { kept in kept.token.expiresAt.map { $0 > now } ?? true }
        }
        guard !hasToken else { return head }
        let name = AccountName(project: nil, name: try Name("admin"))
        let secret = TokenSecret()
        let token = AccessToken(id: .random(), account: name, note: "made by the controller at its start", createdAt: now, expiresAt: nil)
        var commands: [AccessCommand] = []
        if state.access.accounts[name] == nil { commands.append(.createAccount(Account(name: name, createdAt: now))) }
        commands += [.grant(name, RoleGrant(role: .admin, project: nil)), .createToken(KeptToken(token: token, digest: secret.digest))]
        var effects = Effects()
        for command in commands {
            let outcome = state.apply(.access(command), at: now)
            _ = try outcome.result.get()
            effects.append(outcome.effects)
        }
        let file = Self.adminTokenFile(configuration.dataDirectory)
        try Self.write(secret.text, to: file)
        let next = try await store.commit(try RowCodec.batch(effects, sequence: state.revision), expecting: head)
        logger.notice("the account “admin” was given a token", metadata: ["file": "\(file)"])
        return next
    }

    private static func write(_ secret: String, to path: String) throws {
        unlink(path)
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw ControllerStartError.store(directory: path, why: String(cString: strerror(errno))) }
        defer { close(file) }
        var text = Array((secret + "\n").utf8)
        guard Glibc.write(file, &text, text.count) == text.count, fsync(file) == 0 else {
            throw ControllerStartError.store(directory: path, why: String(cString: strerror(errno)))
        }
    }
}
