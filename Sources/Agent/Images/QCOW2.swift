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

    /// An empty image over `backing`, whose format is said and never guessed.
    package static func overlay(on backing: String, format: Image.Format, virtualBytes: Int64) -> Data {
        let entries = Int((virtualBytes + coveredByEntry - 1) / coveredByEntry)
        let tableClusters = max(1, (entries * 8 + clusterSize - 1) / clusterSize)
        let formatName = Data(format.rawValue.utf8)
        let extensionLength = 8 + (formatName.count + 7) / 8 * 8
        let name = Data(backing.utf8)
        let nameOffset = 104 + extensionLength + 8
        var header = big(magic) + big(UInt32(3)) + big(UInt64(nameOffset)) + big(UInt32(name.count))
        header += big(clusterBits) + big(UInt64(virtualBytes)) + big(UInt32(0)) + big(UInt32(entries))
        header += big(UInt64(3 * clusterSize)) + big(UInt64(clusterSize)) + big(UInt32(1)) + big(UInt32(0)) + big(UInt64(0))
        header += big(UInt64(0)) + big(UInt64(0)) + big(UInt64(0)) + big(UInt32(4)) + big(UInt32(104))
        header += big(backingFormatExtension) + big(UInt32(formatName.count)) + formatName
        header += Data(count: extensionLength - 8 - formatName.count) + Data(count: 8) + name
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

    /// The virtual size of an image that reads no other file; a reason against it otherwise.
    package static func virtualBytes(ofHeader header: Data) throws(WorkFailure) -> Int64 {
        let bytes = [UInt8](header.prefix(104))
        func number(_ offset: Int, _ length: Int) -> UInt64 { bytes[offset..<offset + length].reduce(0) { $0 << 8 | UInt64($1) } }
        guard bytes.count == 104, number(0, 4) == UInt64(magic) else { throw WorkFailure("the image is no qcow2 file", isLasting: true) }
        let version = number(4, 4)
        guard version == 2 || version == 3 else { throw WorkFailure("the image is of qcow2 version \(version); 2 and 3 are known", isLasting: true) }
        guard number(8, 8) == 0 else { throw WorkFailure("the image names a backing file, which is refused", isLasting: true) }
        guard number(32, 4) == 0 else { throw WorkFailure("the image is encrypted, which is refused", isLasting: true) }
        // Bits 0 (dirty) and 1 (corrupt) say how it is, bit 3 names a compression; bit 2 is an external data file.
        guard version == 2 || number(72, 8) & ~0b1000 == 0 else {
            throw WorkFailure("the image is dirty, damaged, or needs a feature that is refused, such as an external data file", isLasting: true)
        }
        let size = number(24, 8)
        guard size > 0, size <= UInt64(Resources.maximumAmount) else {
            throw WorkFailure("the image's virtual size is out of range", isLasting: true)
        }
        return Int64(size)
    }

    private static func big(_ value: some FixedWidthInteger) -> Data { withUnsafeBytes(of: value.bigEndian) { Data($0) } }
}
