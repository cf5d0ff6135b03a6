import FoundationEssentials

/// The commands of QEMU's machine protocol that a migration takes, and what they answer.
enum MigrationCommand {
    static let keys = "migration-keys"

    struct Keys: Encodable {
        var type = "tls-creds-psk"
        var id = MigrationCommand.keys
        var dir = "."
        var endpoint: String
        var username: String?
        enum CodingKeys: String, CodingKey { case type = "qom-type", id, dir, endpoint, username }
    }

    /// A descriptor that QEMU has under this name.
    struct GivenAddress: Encodable {
        struct Name: Encodable { var str: String }
        var type = "fd"
        var data: Name
    }

    struct Take: Encodable { var fdname: String }

    struct StartDisks: Encodable {
        var addr: GivenAddress
        var creds = MigrationCommand.keys
        enum CodingKeys: String, CodingKey { case addr, creds = "tls-creds" }
    }

    struct Export: Encodable {
        var type = "nbd"
        var id: String
        var node: String
        var name: String
        var writable = true
        enum CodingKeys: String, CodingKey { case type, id, node = "node-name", name, writable }
    }

    struct RemoteDisk: Encodable {
        struct Server: Encodable {
            var type = "unix"
            var path: String
        }
        var driver = "nbd"
        var name: String
        var server: Server
        var export: String
        var creds = MigrationCommand.keys
        enum CodingKeys: String, CodingKey { case driver, name = "node-name", server, export, creds = "tls-creds" }
    }

    struct Mirror: Encodable {
        var job: String
        var device: String
        var target: String
        var sync = "top"
        var copy = "write-blocking"
        var speed: Int64?
        enum CodingKeys: String, CodingKey { case job = "job-id", device, target, sync, copy = "copy-mode", speed }
    }

    struct Capabilities: Encodable {
        struct One: Encodable {
            var capability: String
            var state: Bool
        }
        var capabilities: [One]
    }

    struct Parameters: Encodable {
        var creds = MigrationCommand.keys
        var hostname: String?
        var downtime: Int64?
        var bandwidth: Int64?
        enum CodingKeys: String, CodingKey {
            case creds = "tls-creds", hostname = "tls-hostname", downtime = "downtime-limit", bandwidth = "max-bandwidth"
        }
    }

    struct Place: Encodable { var uri: String }
    struct Phase: Encodable { var state: String }
    struct Node: Encodable {
        var name: String
        enum CodingKeys: String, CodingKey { case name = "node-name" }
    }
    struct Job: Encodable {
        var device: String
        var force: Bool?
    }
    struct Gone: Encodable { var id: String }

    // MARK: Answers

    struct Status: Decodable { var status: String }

    struct State: Decodable {
        struct Memory: Decodable {
            var total: Int64
            var remaining: Int64
            var mbps: Double?
        }
        var status: String?
        var ram: Memory?
        var reason: String?
        enum CodingKeys: String, CodingKey { case status, ram, reason = "error-desc" }
    }

    struct Exported: Decodable { var id: String }

    struct Copying: Decodable {
        var device: String
        var len: Int64
        var offset: Int64
        var ready: Bool
        var status: String
    }
}
