import ClusterModel
import FoundationEssentials

/// The NoCloud files that tell a guest who it is. Everything is made by an encoder (JSON is YAML), so no name and no key can become another field.
package struct Seed {
    package var instance: DesiredInstance
    package var network: GuestNetwork
    package var content: InstanceSeed

    package init(instance: DesiredInstance, network: GuestNetwork, content: InstanceSeed = InstanceSeed()) {
        self.instance = instance
        self.network = network
        self.content = content
    }

    /// An ISO 9660 image labelled `cidata`.
    package func image() throws(WorkFailure) -> Data {
        do {
            var files = [
                ISO9660.File(name: "meta-data", content: try encode(metaData)),
                ISO9660.File(name: "network-config", content: try encode(networkConfig)),
                ISO9660.File(name: "user-data", content: content.userData ?? Data("#cloud-config\n{}\n".utf8)),
            ]
            if let vendorData = content.vendorData { files.append(ISO9660.File(name: "vendor-data", content: vendorData)) }
            return ISO9660(label: "cidata", files: files).bytes
        } catch { throw WorkFailure("cannot encode the seed", isLasting: true) }
    }

    /// One key a line: the tiny image reads it with nothing but sed.
    private func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value) + Data([0x0A])
    }

    private struct MetaData: Encodable {
        var instanceID: String
        var hostname: String
        var keys: [String]?

        enum CodingKeys: String, CodingKey { case instanceID = "instance-id", hostname = "local-hostname", keys = "public-keys" }
    }

    private var metaData: MetaData {
        MetaData(instanceID: "\(instance.id)", hostname: instance.name.text, keys: content.keys.isEmpty ? nil : content.keys)
    }

    private struct NetworkConfig: Encodable {
        var version = 2
        var ethernets: [String: Interface]

        struct Interface: Encodable {
            var match: [String: String]
            var setName: String
            var addresses: [String]
            var routes: [[String: String]]
            var nameservers: [String: [String]]

            enum CodingKeys: String, CodingKey { case match, setName = "set-name", addresses, routes, nameservers }
        }
    }

    private var networkConfig: NetworkConfig {
        let interface = NetworkConfig.Interface(
            match: ["macaddress": network.mac], setName: "eth0", addresses: ["\(network.address)/\(network.prefix)"],
            routes: [["to": "default", "via": network.gateway]], nameservers: ["addresses": [network.nameserver]])
        return NetworkConfig(ethernets: ["eth0": interface])
    }
}
