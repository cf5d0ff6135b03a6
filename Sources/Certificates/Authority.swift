internal import Crypto
package import ClusterModel
internal import FoundationEssentials
internal import SwiftASN1
internal import X509

/// The cluster's own certificate authority: it signs the controller's certificate and those of the nodes, and nothing else counts.
package final class Authority: Sendable {
    /// Made anew under the same key when half of it is over.
    private static let lifetime = Milliseconds(seconds: 10 * 365 * 86_400)
    private static let serverLifetime = Milliseconds(seconds: 90 * 86_400)
    /// Certificates begin this long before they are made, so that a clock that is a little late heeds them.
    private static let backdating = Milliseconds(seconds: 300)
    /// When the controller's own certificate is made anew.
    package static let serverRenewal = Milliseconds(serverLifetime.count / 2)

    /// What is to be kept, in PEM; the key is secret.
    package let pem: String
    package let key: String
    /// SHA-256 of the certificate's DER.
    package let fingerprint: ClusterModel.Digest
    private let certificate: Certificate
    private let signer: Certificate.PrivateKey
    private let nodeLifetime: Milliseconds

    /// - Parameters: key and certificate as they were kept; what is nil is made.
    package init(key: String?, certificate kept: String?, nodeLifetime: Milliseconds, now: Timestamp) throws(CertificateFailure) {
        self.nodeLifetime = nodeLifetime
        do {
            if let key {
                self.key = key
                signer = try Certificate.PrivateKey(pemEncoded: key)
            } else {
                let made = P256.Signing.PrivateKey()
                self.key = made.pemRepresentation
                signer = Certificate.PrivateKey(made)
            }
            let known = try kept.map { try Certificate(pemEncoded: $0) }
            if let known, known.publicKey != signer.publicKey { throw CertificateFailure("is not the key of the certificate beside it") }
            if let known, !Self.isHalfOver(known, now) { certificate = known } else { certificate = try Self.selfSigned(signer, now) }
            pem = try certificate.serializeAsPEM().pemString + "\n"
            fingerprint = try certificate.fingerprint()
        } catch let error as CertificateFailure {
            throw error
        } catch {
            throw CertificateFailure("can't be read: \(error)")
        }
    }

    private static func isHalfOver(_ certificate: Certificate, _ now: Timestamp) -> Bool {
        let (begin, end) = (Timestamp(certificate.notValidBefore).milliseconds, Timestamp(certificate.notValidAfter).milliseconds)
        return now.milliseconds > begin + (end - begin) / 2
    }

    private static func selfSigned(_ key: Certificate.PrivateKey, _ now: Timestamp) throws -> Certificate {
        let name = try DistinguishedName {
            OrganizationName("Berth")
            CommonName("Berth cluster authority")
        }
        return try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey, notValidBefore: now.date(less: backdating),
            notValidAfter: now.date(plus: lifetime), issuer: name, subject: name,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true))
                SubjectKeyIdentifier(hash: key.publicKey)
            }, issuerPrivateKey: key)
    }

    /// Authorities have one name, so without it a verifier takes another's certificate for the issuer's, and fails with something else than distrust.
    private var issuerKey: AuthorityKeyIdentifier {
        AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
    }

    /// For one node, until it is renewed.
    package func sign(_ request: SigningRequest, enrolment: Int64, at now: Timestamp) throws(CertificateFailure) -> SignedCertificate {
        let subject = nodeSubject(request.node)
        do {
            let signed = try Certificate(
                version: .v3, serialNumber: serialNumber(ofEnrolment: enrolment),
                publicKey: try CertificateSigningRequest(pemEncoded: request.pem).publicKey,
                notValidBefore: now.date(less: min(Self.backdating, Milliseconds(nodeLifetime.count / 10))),
                notValidAfter: now.date(plus: nodeLifetime), issuer: certificate.subject,
                subject: try DistinguishedName { CommonName(subject) },
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.clientAuth])
                    issuerKey
                    SubjectAlternativeNames([.uniformResourceIdentifier("berth:\(subject)")])
                }, issuerPrivateKey: signer)
            return SignedCertificate(
                pem: try signed.serializeAsPEM().pemString + "\n", notBefore: Timestamp(signed.notValidBefore),
                notAfter: Timestamp(signed.notValidAfter))
        } catch { throw CertificateFailure("the certificate could not be made: \(error)") }
    }

    /// The controller's own, for the names and addresses by which it is asked for: its chain and its key, each in DER.
    package func makeServer(names: ServerNames, at now: Timestamp) throws(CertificateFailure) -> (chain: [[UInt8]], key: [UInt8]) {
        do {
            let key = P256.Signing.PrivateKey()
            let signed = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(key.publicKey),
                notValidBefore: now.date(less: Self.backdating), notValidAfter: now.date(plus: Self.serverLifetime), issuer: certificate.subject,
                subject: try DistinguishedName { CommonName("controller") },
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.serverAuth])
                    issuerKey
                    SubjectAlternativeNames(generalNames(names))
                }, issuerPrivateKey: signer)
            return (try [signed, certificate].map { try $0.der() }, Array(key.derRepresentation))
        } catch { throw CertificateFailure("the controller's certificate could not be made: \(error)") }
    }

    /// Nil where this authority did not sign it, or not for a node.
    package func nodeCertificate(der: [UInt8]) -> NodeCertificate? {
        guard let shown = try? Certificate(derEncoded: der), shown.issuer == certificate.subject,
            certificate.publicKey.isValidSignature(shown.signature, for: shown)
        else { return nil }
        return Certificates.nodeCertificate(shown)
    }
}

package struct SignedCertificate: Sendable {
    package let pem: String
    package let notBefore: Timestamp
    package let notAfter: Timestamp
}

package struct CertificateFailure: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

extension Certificate {
    func der() throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(self)
        return serializer.serializedBytes
    }

    func fingerprint() throws -> ClusterModel.Digest { ClusterModel.Digest(SHA256.hash(data: Data(try der()))) }
}

extension ClusterModel.Digest {
    init(_ hash: SHA256.Digest) {
        let digits = Array("0123456789abcdef")
        guard let digest = Self(hex: String(hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })) else {
            preconditionFailure("SHA-256 has 32 bytes")
        }
        self = digest
    }
}

extension Timestamp {
    /// Whole seconds, which is what a certificate holds.
    func date(less: Milliseconds = .zero, plus: Milliseconds = .zero) -> Date {
        Date(timeIntervalSince1970: Double((milliseconds - less.count + plus.count) / 1000))
    }

    init(_ date: Date) { self.init(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded())) }
}
