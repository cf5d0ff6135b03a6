package import ClusterModel
internal import Crypto
internal import SwiftASN1
internal import X509

/// What a node's certificate says, once it is sure that this cluster's authority signed it.
package struct NodeCertificate: Hashable, Sendable {
    package let node: NodeID
    /// The joining that it comes from.
    package let enrolment: Int64
    package let notBefore: Timestamp
    package let notAfter: Timestamp
}

/// Nil where it was not made for a node.
func nodeCertificate(_ certificate: Certificate) -> NodeCertificate? {
    let serial = Array(certificate.serialNumber.bytes)
    guard let usage = try? certificate.extensions.extendedKeyUsage, usage.contains(.clientAuth), serial.count == 17, serial[0] == 1,
        let node = node(ofSubject: certificate.subject)
    else { return nil }
    return NodeCertificate(
        node: node, enrolment: serial[1...8].reduce(0) { $0 << 8 | Int64($1) }, notBefore: Timestamp(certificate.notValidBefore),
        notAfter: Timestamp(certificate.notValidAfter))
}

/// 1, the joining's number in eight bytes, and eight of chance.
func serialNumber(ofEnrolment enrolment: Int64) -> Certificate.SerialNumber {
    var bytes: [UInt8] = [1]
    withUnsafeBytes(of: enrolment.bigEndian) { bytes.append(contentsOf: $0) }
    withUnsafeBytes(of: UInt64.random(in: 0 ... .max)) { bytes.append(contentsOf: $0) }
    return Certificate.SerialNumber(bytes: bytes)
}

func nodeSubject(_ node: NodeID) -> String { "node/\(node)" }

/// Of `CN=node/<id>` and nothing else.
private func node(ofSubject name: DistinguishedName) -> NodeID? {
    guard name.count == 1, let relative = name.first, relative.count == 1, let attribute = relative.first,
        attribute.type == .RDNAttributeType.commonName, let text = String(attribute.value), text.hasPrefix("node/")
    else { return nil }
    return NodeID(String(text.dropFirst(5)))
}

/// A node's request for a certificate, which has proved that it holds the key.
package struct SigningRequest: Sendable {
    package static let limit = 8 << 10

    package let node: NodeID
    let pem: String

    /// - Parameter pem: PKCS #10.
    package init(pem: String, for node: NodeID) throws(CertificateFailure) {
        guard pem.utf8.count <= Self.limit, let request = try? CertificateSigningRequest(pemEncoded: pem) else {
            throw CertificateFailure("a PKCS #10 request in PEM of at most \(Self.limit) bytes is expected.")
        }
        guard P256.Signing.PublicKey(request.publicKey) != nil else { throw CertificateFailure("a P-256 key is expected.") }
        guard request.publicKey.isValidSignature(request.signature, for: request) else {
            throw CertificateFailure("its signature is not of its key, so it does not prove that the node holds the key.")
        }
        guard Certificates.node(ofSubject: request.subject) == node else {
            throw CertificateFailure("its subject is not CN=\(nodeSubject(node)).")
        }
        self.node = node
        self.pem = pem
    }
}
