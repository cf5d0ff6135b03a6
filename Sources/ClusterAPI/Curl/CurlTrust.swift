import CCurl
import FoundationEssentials

/// Whom a client believes to be the controller, and as whom it shows itself.
package struct CurlTrust: Hashable, Sendable {
    package enum Authority: Hashable, Sendable {
        /// Those that the machine trusts.
        case system
        /// This one and no other: a certificate in PEM.
        case pinned(Data)
        /// Anybody, to hear what is then compared with a fingerprint. Nothing secret is said to it.
        case anybody
    }

    /// Certificate and private key, each in PEM.
    package struct Identity: Hashable, Sendable {
        package var certificate: Data
        package var key: Data
        package init(certificate: Data, key: Data) {
            self.certificate = certificate
            self.key = key
        }
    }

    package var authority: Authority
    package var identity: Identity?

    package init(_ authority: Authority = .system, identity: Identity? = nil) {
        self.authority = authority
        self.identity = identity
    }

    func configure(_ easy: UnsafeMutableRawPointer) {
        _ = berth_curl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_3))
        switch authority {
        case .system: break
        case .pinned(let certificate):
            Self.set(easy, CURLOPT_CAINFO_BLOB, certificate)
            // Or the machine's own would be trusted beside it.
            _ = berth_curl_set_string(easy, CURLOPT_CAPATH, nil)
        case .anybody:
            _ = berth_curl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
            _ = berth_curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
        }
        guard let identity else { return }
        Self.set(easy, CURLOPT_SSLCERT_BLOB, identity.certificate)
        Self.set(easy, CURLOPT_SSLKEY_BLOB, identity.key)
    }

    private static func set(_ easy: UnsafeMutableRawPointer, _ option: CURLoption, _ data: Data) {
        data.withUnsafeBytes { _ = berth_curl_set_blob(easy, option, $0.baseAddress, $0.count) }
    }

    /// Of OpenSSL's verification results, those that people meet.
    static func words(forVerification result: Int) -> String {
        switch result {
        case 9: "its certificate is not valid yet; does this machine's clock go right?"
        case 10: "its certificate is over; does this machine's clock go right?"
        case 18, 19, 20, 21: "its certificate is not of the authority that is trusted here; give that with --ca, or “ca” in the context file"
        default: "its certificate is not for this name; have it listed under “tls.names” in the controller's configuration"
        }
    }
}
