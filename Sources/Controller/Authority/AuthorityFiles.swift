import Certificates
import ClusterModel
import FoundationEssentials

/// Where the cluster's authority is kept: in the data directory, the key for its owner alone.
enum AuthorityFiles {
    static let key = "authority.key"
    static let certificate = "authority.pem"

    /// Reads them, or makes them at the first start.
    static func open(directory: String, nodeLifetime: Milliseconds) throws(CertificateFailure) -> Authority {
        let keyFile = PrivateFile(path: "\(directory)/\(key)")
        let certificateFile = PrivateFile(path: "\(directory)/\(certificate)")
        let keptKey = try keyFile.read().map { String(decoding: $0, as: UTF8.self) }
        let kept = try certificateFile.read().map { String(decoding: $0, as: UTF8.self) }
        guard keptKey != nil || kept == nil else {
            throw CertificateFailure("\(keyFile.path) is missing: put it back, or move \(certificateFile.path) away and join all nodes anew")
        }
        let authority: Authority
        do throws(CertificateFailure) {
            authority = try Authority(key: keptKey, certificate: kept, nodeLifetime: nodeLifetime, now: .now)
        } catch { throw CertificateFailure("\(keyFile.path) \(error)") }
        if keptKey == nil { try keyFile.write(Data(authority.key.utf8)) }
        if kept != authority.pem { try certificateFile.write(Data(authority.pem.utf8), mode: 0o644) }
        return authority
    }
}
