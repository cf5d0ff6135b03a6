package import ClusterModel
internal import Crypto
internal import SwiftASN1
internal import X509

/// A P-256 key that never leaves its machine, and the request to have it certified.
package struct SigningKey: Sendable {
    private let key = P256.Signing.PrivateKey()

    package init() {}

    package var pem: String { key.pemRepresentation + "\n" }

    /// PKCS #10 in PEM.
    package func request(for node: NodeID) throws(CertificateFailure) -> String {
        do {
            let subject = nodeSubject(node)
            let request = try CertificateSigningRequest(
                version: .v1, subject: try DistinguishedName { CommonName(subject) }, privateKey: Certificate.PrivateKey(key),
                attributes: CertificateSigningRequest.Attributes())
            return try request.serializeAsPEM().pemString + "\n"
        } catch { throw CertificateFailure("the request for a certificate could not be made: \(error)") }
    }
}

/// The authority as those know it who trust it.
package struct TrustedAuthority: Sendable {
    package let pem: String
    package let fingerprint: ClusterModel.Digest

    /// Nil for what is no certificate.
    package init?(pem: String) {
        guard let certificate = try? Certificate(pemEncoded: pem), let fingerprint = try? certificate.fingerprint(),
            let text = try? certificate.serializeAsPEM().pemString
        else { return nil }
        self.fingerprint = fingerprint
        self.pem = text + "\n"
    }

    package func hasKey(of other: Self) -> Bool { publicKey(ofCertificate: pem) == publicKey(ofCertificate: other.pem) }

    /// Reads what this authority signed for a node.
    /// - Parameter pem: the certificate, and after it its private key.
    package func read(_ pem: String) throws(CertificateFailure) -> NodeCertificate {
        let documents = (try? PEMDocument.parseMultiple(pemString: pem)) ?? []
        guard documents.count == 2, let shown = try? Certificate(pemDocument: documents[0]),
            let key = try? Certificate.PrivateKey(pemDocument: documents[1]), shown.publicKey == key.publicKey
        else { throw CertificateFailure("it does not hold a certificate and its private key") }
        guard publicKey(ofCertificate: self.pem)?.isValidSignature(shown.signature, for: shown) == true, let node = nodeCertificate(shown) else {
            throw CertificateFailure("its certificate was not made for a node by the authority that is trusted here")
        }
        return node
    }
}

private func publicKey(ofCertificate pem: String) -> Certificate.PublicKey? { (try? Certificate(pemEncoded: pem))?.publicKey }
