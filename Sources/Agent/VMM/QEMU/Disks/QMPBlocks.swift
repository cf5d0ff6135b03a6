import ClusterModel

/// What is said to QEMU of block devices, in its words.
enum QMPBlocks {
    struct Nothing: Encodable, Sendable {}

    struct Node: Decodable {
        struct Image: Decodable {
            struct Snapshot: Decodable { var name: String }
            var virtualSize: Int64
            var filename: String?
            var snapshots: [Snapshot]?
            enum CodingKeys: String, CodingKey { case virtualSize = "virtual-size", filename, snapshots }
        }
        var name: String?
        var image: Image
        enum CodingKeys: String, CodingKey { case name = "node-name", image }
    }

    struct Device: Decodable {
        struct Inserted: Decodable {
            var name: String?
            enum CodingKeys: String, CodingKey { case name = "node-name" }
        }
        var qdev: String?
        var inserted: Inserted?
    }

    struct Add: Encodable, Sendable {
        struct File: Encodable, Sendable {
            var driver = "file"
            var filename: String
        }
        var driver: String
        var name: String
        var discard = "unmap"
        var file: File
        enum CodingKeys: String, CodingKey { case driver, name = "node-name", discard, file }
    }

    /// Files that QEMU was given open have names of this kind.
    struct GivenFile: Codable, Sendable {
        private static let prefix = "/dev/fdset/"
        var set: Int
        enum CodingKeys: String, CodingKey { case set = "fdset-id" }

        init?(named name: String?) {
            guard let name, name.hasPrefix(Self.prefix), let set = Int(name.dropFirst(Self.prefix.count)) else { return nil }
            self.set = set
        }

        var name: String { Self.prefix + "\(set)" }
    }

    struct Delete: Encodable, Sendable {
        var name: String
        enum CodingKeys: String, CodingKey { case name = "node-name" }
    }

    struct AddDevice: Encodable, Sendable {
        var driver = "virtio-blk-pci"
        var id: String
        var drive: String
        var bus: String?
        var addr: String?
        var serial: String
    }

    struct DeleteDevice: Encodable, Sendable { var id: String }

    struct Resize: Encodable, Sendable {
        var name: String
        var size: Int64
        enum CodingKeys: String, CodingKey { case name = "node-name", size }
    }

    /// Zero is no limit.
    struct Throttle: Encodable, Sendable {
        var id: String
        var bps: Int64
        var bpsRead: Int64 = 0
        var bpsWrite: Int64 = 0
        var iops: Int64
        var iopsRead: Int64 = 0
        var iopsWrite: Int64 = 0
        enum CodingKeys: String, CodingKey {
            case id, bps, iops
            case bpsRead = "bps_rd", bpsWrite = "bps_wr", iopsRead = "iops_rd", iopsWrite = "iops_wr"
        }

        /// The limits hang on the part of the device that is beneath its PCI function.
        init(of volume: AttachedVolume) {
            id = "/machine/peripheral/\(volume.nodeName)/virtio-backend"
            bps = volume.limits.bytesPerSecond ?? 0
            iops = volume.limits.iops ?? 0
        }
    }

    struct SnapshotOf: Encodable, Sendable {
        var device: String
        var name: String
    }

    struct Transaction: Encodable, Sendable {
        struct Action: Encodable, Sendable {
            var type = "blockdev-snapshot-internal-sync"
            var data: SnapshotOf
        }
        var actions: [Action]
    }
}
