import Certificates
import ClusterModel
import StrictYAML

/// What the configuration says about who may be trusted on the way to the controller.
package enum Security: String, Sendable, CaseIterable {
    /// TLS 1.3, and certificates for nodes.
    case tls
    /// Plain HTTP, for trying things out on one machine: whoever reaches the port may do everything.
    case none
}

struct TLSSettings: Hashable, Sendable {
    /// By which the controller is asked for, beside the address that it listens on and the machine's name.
    var names: [String] = []
    var nodeLifetime = Milliseconds(seconds: 86_400)

    init() {}

    init(_ value: ConfigurationValue) throws(ConfigurationError) {
        let fields = try value.mapping(keys: ["names", "nodeLifetime"])
        for name in try fields["names"]?.list() ?? [] {
            let text = try name.string()
            let isName = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2F } && (1...253).contains(text.utf8.count)
            guard isName, names.count < 100 else { throw name.error("“\(Printable(text, limit: 80))” is no host name or address") }
            names.append(text)
        }
        if let lifetime = fields["nodeLifetime"] {
            nodeLifetime = try lifetime.time()
            guard (Milliseconds(seconds: 2)...Milliseconds(seconds: 366 * 86_400)).contains(nodeLifetime) else {
                throw lifetime.error("\(nodeLifetime) is out of range: 2s to 366d is allowed")
            }
        }
    }
}

extension ControllerConfiguration {
    func authority() throws(CertificateFailure) -> Authority? {
        guard security == .tls else { return nil }
        return try AuthorityFiles.open(directory: dataDirectory, nodeLifetime: tls.nodeLifetime)
    }

    func serverTLS(_ authority: Authority?) throws(ControllerStartError) -> ServerTLS? {
        guard let authority else { return nil }
        do { return try ServerTLS(authority: authority, names: ServerNames(listening: host, more: tls.names)) } catch {
            throw .authority(error.description)
        }
    }
}
