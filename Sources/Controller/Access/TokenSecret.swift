import ClusterModel
import ControllerDecisions

/// A new secret: 256 bits of the kernel's randomness.
struct TokenSecret: Sendable {
    let text: String
    let digest: TokenDigest

    init() {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<4).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
        text = TokenText.text(bytes)
        guard let digest = AccessBook.digest(of: text.utf8) else { preconditionFailure("a SHA-256 has 32 bytes") }
        self.digest = digest
    }
}
