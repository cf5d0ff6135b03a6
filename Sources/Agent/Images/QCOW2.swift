import ClusterModel
import FoundationEssentials

/// As much of the qcow2 format (version 3) as an overlay needs: an empty one is written here, since a process for it would take longer than
/// all other steps of a launch.
package enum QCOW2 {
    private static let magic: UInt32 = 0x5146_49FB
    private static let clusterBits: UInt32 = 16
    private static let clusterSize = 1 << 16
    /// What one entry of the first table covers: a cluster of 8-byte entries, a cluster each.
    private static let coveredByEntry = Int64(clusterSize / 8) * Int64(clusterSize)
    private static let backingFormatExtension: UInt32 = 0xE279_2ACA

    /// An empty image of its own.
    package static func empty(virtualBytes: Int64) -> Data { image(over: nil, virtualBytes: virtualBytes) }

    /// An empty image over `backing`, whose format is said and never guessed.
    package static func overlay(on backing: String, format: Image.Format, virtualBytes: Int64) -> Data {
        image(over: (backing, format), virtualBytes: virtualBytes)
    }

    /// What the file is an overlay of, as its header says; nil where it is none.
    static func backing(of path: String) -> String? {
        guard let header = DurableFile.read(path, limit: clusterSize), header.count >= 20 else { return nil }
        func number(_ range: Range<Int>) -> Int { header[range].reduce(0) { $0 << 8 | Int($1) } }
        let length = number(16..<20)
        guard header[8..<16].contains(where: { $0 != 0 }), header[8] < 0x80 else { return nil }
        let offset = number(8..<16)
        // A name that is not whole is no name of ours.
        guard offset <= header.count, length <= header.count - offset else { return "" }
        return String(decoding: header[offset..<offset + length], as: UTF8.self)
    }

    private static func image(over backing: (path: String, format: Image.Format)?, virtualBytes: Int64) -> Data {
        let entries = Int((virtualBytes + coveredByEntry - 1) / coveredByEntry)
        let tableClusters = max(1, (entries * 8 + clusterSize - 1) / clusterSize)
        let formatName = Data((backing?.format.rawValue ?? "").utf8)
        let extensionLength = backing == nil ? 0 : 8 + (formatName.count + 7) / 8 * 8
        let name = Data((backing?.path ?? "").utf8)
        let nameOffset = backing == nil ? 0 : 104 + extensionLength + 8
        var header = big(magic) + big(UInt32(3)) + big(UInt64(nameOffset)) + big(UInt32(name.count))
        header += big(clusterBits) + big(UInt64(virtualBytes)) + big(UInt32(0)) + big(UInt32(entries))
        header += big(UInt64(3 * clusterSize)) + big(UInt64(clusterSize)) + big(UInt32(1)) + big(UInt32(0)) + big(UInt64(0))
        header += big(UInt64(0)) + big(UInt64(0)) + big(UInt64(0)) + big(UInt32(4)) + big(UInt32(104))
        if backing != nil {
            header += big(backingFormatExtension) + big(UInt32(formatName.count)) + formatName
            header += Data(count: extensionLength - 8 - formatName.count)
        }
        header += Data(count: 8) + name
        // Clusters: the header, the table of reference counts, their one block, the first table.
        var image = Data(count: (3 + tableClusters) * clusterSize)
        image.replaceSubrange(0..<header.count, with: header)
        image.replaceSubrange(clusterSize..<clusterSize + 8, with: big(UInt64(2 * clusterSize)))
        for cluster in 0..<3 + tableClusters {
            let at = 2 * clusterSize + cluster * 2
            image.replaceSubrange(at..<at + 2, with: big(UInt16(1)))
        }
        return image
    }

    private static func big(_ value: some FixedWidthInteger) -> Data { withUnsafeBytes(of: value.bigEndian) { Data($0) } }
}
