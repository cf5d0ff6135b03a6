import Certificates
import ClusterAPI
import ClusterModel
import FoundationEssentials

/// By what this node proves who it is, and by what it knows the controller.
package struct NodeProof: Sendable {
    package let certificate: NodeCertificate
    let authority: TrustedAuthority
    /// Certificate and private key one after the other, as they are kept.
    let pem: String

    package var node: NodeID { certificate.node }

    var trust: CurlTrust {
        let both = Data(pem.utf8)
        return CurlTrust(.pinned(Data(authority.pem.utf8)), identity: CurlTrust.Identity(certificate: both, key: both))
    }

    /// What is wrong with the time, in a sentence with both times; nil where nothing is.
    package func trouble(at now: Timestamp) -> String? {
        if now < certificate.notBefore {
            return "this node's certificate begins at \(certificate.notBefore), and by this machine's clock it is \(now): set the clock"
        }
        if now > certificate.notAfter {
            return "this node's certificate ended at \(certificate.notAfter), and by this machine's clock it is \(now): if the clock is right, "
                + "join anew with “berth agent join”"
        }
        return nil
    }

    /// Worth starting an agent with.
    package var isOfUse: Bool { trouble(at: .wallClock) == nil }

    /// When it is renewed: at half of its life, a tenth sooner or later, so that those who joined together don't come together.
    func renewal(jitter: Double = .random(in: -0.1...0.1)) -> Timestamp {
        let life = Double(certificate.notAfter.milliseconds - certificate.notBefore.milliseconds)
        return certificate.notBefore.advanced(by: Milliseconds(Int64(life * (0.5 + jitter))))
    }
}

/// Two files beside the node's id.
package struct NodeCertificateFiles: Sendable {
    private let directory: String

    package init(directory: String) { self.directory = directory }

    /// Certificate and key in one, so that they are replaced in one.
    private var certificate: String { "\(directory)/certificate.pem" }
    private var authority: String { "\(directory)/authority.pem" }

    /// Nil where this node has not joined.
    package func read() throws(WorkFailure) -> NodeProof? {
        guard let data = DurableFile.read(certificate) else { return nil }
        let known = DurableFile.read(authority).flatMap { TrustedAuthority(pem: String(decoding: $0, as: UTF8.self)) }
        guard let known else { throw WorkFailure("\(authority) holds no certificate; join this node anew with “berth agent join”") }
        let pem = String(decoding: data, as: UTF8.self)
        do throws(CertificateFailure) { return NodeProof(certificate: try known.read(pem), authority: known, pem: pem) } catch {
            throw WorkFailure("\(certificate) can't be used: \(error); join this node anew with “berth agent join”")
        }
    }

    /// Keeps what a controller answered, once it is what was asked for.
    func keep(_ answer: CertificateAnswer, key: SigningKey, of node: NodeID, trusted: TrustedAuthority) throws(WorkFailure) -> NodeProof {
        // The authority's certificate is made anew in time, under the same key: no other is believed.
        let offered = TrustedAuthority(pem: answer.authority)
        let known = offered.flatMap { $0.hasKey(of: trusted) ? $0 : nil } ?? trusted
        let pem = answer.certificate + (answer.certificate.hasSuffix("\n") ? "" : "\n") + key.pem
        let read: NodeCertificate
        do throws(CertificateFailure) { read = try known.read(pem) } catch {
            throw WorkFailure("what the controller answered can't be used: \(error)")
        }
        guard read.node == node else { throw WorkFailure("the controller answered with the certificate of another node, \(read.node)") }
        do {
            try DurableFile.write(Data(known.pem.utf8), to: authority)
            try DurableFile.write(Data(pem.utf8), to: certificate)
        } catch { throw WorkFailure(error) }
        return NodeProof(certificate: read, authority: known, pem: pem)
    }
}

extension Timestamp {
    static var wallClock: Timestamp { Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded())) }
}
