internal import Glibc
internal import SwiftASN1
internal import X509

/// The names and addresses by which the controller is asked for.
package struct ServerNames: Hashable, Sendable {
    package private(set) var names = ["localhost", "127.0.0.1", "::1"]

    /// - Parameter more: what the configuration adds.
    package init(listening host: String, more: [String]) {
        var buffer = [CChar](repeating: 0, count: 256)
        let machine =
            gethostname(&buffer, buffer.count - 1) == 0
            ? [String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)] : []
        for name in machine + [host] + more where !names.contains(name) { names.append(name) }
    }
}

func generalNames(_ names: ServerNames) -> [GeneralName] {
    names.names.map { name in
        address(name).map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) } ?? .dnsName(name)
    }
}

/// Four bytes or sixteen, nil for a name.
private func address(_ text: String) -> [UInt8]? {
    for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
        var bytes = [UInt8](repeating: 0, count: count)
        if inet_pton(family, text, &bytes) == 1 { return bytes }
    }
    return nil
}
