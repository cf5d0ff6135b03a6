import ClusterModel
import Crypto
import FoundationEssentials

/// The one key of a migration. QEMU encrypts and authenticates both connections with it (TLS-PSK); the relay of the receiving agent lets in
/// only who can show that it holds it.
struct MigrationKey: Sendable {
    /// 64 hexadecimal digits.
    let secret: String

    static let user = "berth"

    /// Nil unless it is 64 hexadecimal digits.
    init?(_ secret: String) {
        guard Digest(hex: secret) != nil else { return nil }
        self.secret = secret
    }

    init() {
        var generator = SystemRandomNumberGenerator()
        secret = (0..<32).map { _ in
            let byte = UInt8.random(in: .min ... .max, using: &generator)
            return byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16)
        }.joined()
    }

    /// As gnutls reads it.
    var file: Data { Data("\(Self.user):\(secret)\n".utf8) }

    init?(file: Data) {
        let text = String(decoding: file, as: UTF8.self)
        guard text.hasPrefix("\(Self.user):") else { return nil }
        self.init(text.dropFirst(Self.user.utf8.count + 1).filter { $0 != "\n" })
    }

    /// What the sender says first on a connection; it gives nothing of the key away.
    func proof(of channel: MigrationChannel, _ instance: InstanceID) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(channel.rawValue) \(instance)".utf8), using: SymmetricKey(data: Data(secret.utf8)))
        return code.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
    }

    func isProof(_ text: String, of channel: MigrationChannel, _ instance: InstanceID) -> Bool {
        let (given, due) = (Array(text.utf8), Array(proof(of: channel, instance).utf8))
        guard given.count == due.count else { return false }
        return zip(given, due).reduce(UInt8(0)) { $0 | $1.0 ^ $1.1 } == 0
    }
}

/// What goes over a connection of its own.
enum MigrationChannel: String, Sendable, CaseIterable { case disks, state }
