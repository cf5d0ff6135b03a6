/// The header of a qcow2 image that stands on its own. It is read here before any tool opens the file, and whatever would make a tool
/// open another file, or follow the header out of this one, is refused by name.
package struct QCOW2Header: Hashable, Sendable {
    package let version: UInt32
    package let clusterBits: UInt32
    package let virtualBytes: Int64

    /// As much of a file's beginning as is ever looked at: what the header and its extensions may take.
    package static let window = 64 << 10

    package enum Refusal: Error, Hashable, Sendable {
        case notQCOW2
        case cutShort
        case version(UInt32)
        case backingFile
        case externalDataFile
        case encrypted
        case snapshots(UInt32)
        case dirty
        case corrupt
        case unknownFeatures(UInt64)
        case unknownCompression(UInt8)
        case clusterSize(bits: UInt32)
        case referenceCounts(order: UInt32)
        case headerLength(UInt32)
        case extensions
        case virtualSize(UInt64, limit: Int64)
        case firstTable
        case referenceTable
    }

    /// - Parameters:
    ///   - bytes: the file's beginning: `window` bytes, or all of a shorter file.
    ///   - fileBytes: how long the whole file is.
    ///   - limit: the largest virtual size that is taken.
    package init(_ bytes: [UInt8], fileBytes: Int64, limit: Int64) throws(Refusal) {
        let fields = Fields(bytes: bytes, fileBytes: UInt64(clamping: fileBytes))
        guard fields.number32(0) == 0x5146_49FB else { throw .notQCOW2 }
        guard let version = fields.number32(4) else { throw .cutShort }
        guard version == 2 || version == 3 else { throw .version(version) }
        let length = version == 2 ? 72 : 104
        guard bytes.count >= length, fileBytes >= Int64(length) else { throw .cutShort }
        try fields.refuseOtherFiles()
        let isExtended = try version == 3 ? fields.featuresAllowExtendedEntries() : false
        let clusterBits = try fields.checkedClusterBits()
        guard let size = fields.number64(24), size > 0, size <= UInt64(clamping: limit) else {
            throw .virtualSize(fields.number64(24) ?? 0, limit: limit)
        }
        try fields.checkExtensions(from: version == 2 ? 72 : fields.checkedHeaderLength(clusterBits), clusterBits)
        try fields.checkTables(size, clusterBits, entryBits: isExtended ? 4 : 3)
        self.version = version
        self.clusterBits = clusterBits
        virtualBytes = Int64(size)
    }
}

/// The format's fields (docs/interop/qcow2 of QEMU), big-endian. Nothing in them is believed: reads are bounded and sums can't overflow.
private struct Fields {
    let bytes: [UInt8]
    let fileBytes: UInt64

    /// What QEMU itself takes at most.
    private static let largestFirstTable: UInt64 = 32 << 20
    private static let largestReferenceTable: UInt64 = 8 << 20

    func number32(_ offset: Int) -> UInt32? { number(offset, 4).map { UInt32(truncatingIfNeeded: $0) } }
    func number64(_ offset: Int) -> UInt64? { number(offset, 8) }

    private func number(_ offset: Int, _ count: Int) -> UInt64? {
        guard offset >= 0, offset <= bytes.count - count else { return nil }
        return bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
    }

    func refuseOtherFiles() throws(QCOW2Header.Refusal) {
        guard number64(8) == 0, number32(16) == 0 else { throw .backingFile }
        guard number32(32) == 0 else { throw .encrypted }
        guard let snapshots = number32(60), snapshots == 0 else { throw .snapshots(number32(60) ?? 0) }
    }

    /// Version 3 only: what a reader must understand to read the image at all. True where entries of the second tables are twice as long.
    func featuresAllowExtendedEntries() throws(QCOW2Header.Refusal) -> Bool {
        guard let bits = number64(72), let order = number32(96) else { throw .cutShort }
        guard bits & 0b1 == 0 else { throw .dirty }
        guard bits & 0b10 == 0 else { throw .corrupt }
        guard bits & 0b100 == 0 else { throw .externalDataFile }
        guard bits & ~0b11000 == 0 else { throw .unknownFeatures(bits & ~0b11000) }
        guard order <= 6 else { throw .referenceCounts(order: order) }
        if bits & 0b1000 != 0 {
            guard let length = number32(100), length >= 112, bytes.count > 104 else { throw .headerLength(number32(100) ?? 0) }
            guard bytes[104] <= 1 else { throw .unknownCompression(bytes[104]) }
        }
        return bits & 0b10000 != 0
    }

    func checkedClusterBits() throws(QCOW2Header.Refusal) -> UInt32 {
        guard let bits = number32(20), (9...21).contains(bits) else { throw .clusterSize(bits: number32(20) ?? 0) }
        return bits
    }

    func checkedHeaderLength(_ clusterBits: UInt32) throws(QCOW2Header.Refusal) -> Int {
        guard let length = number32(100), length >= 104, length % 8 == 0, UInt64(length) <= min(1 << clusterBits, UInt64(bytes.count)) else {
            throw .headerLength(number32(100) ?? 0)
        }
        return Int(length)
    }

    func checkExtensions(from start: Int, _ clusterBits: UInt32) throws(QCOW2Header.Refusal) {
        let end = min(bytes.count, 1 << Int(clusterBits))
        var place = start
        while end - place >= 8, let kind = number32(place), let length = number32(place + 4), kind != 0 {
            if kind == 0x4441_5441 { throw .externalDataFile }
            if kind == 0x0537_BE77 { throw .encrypted }
            let padded = (Int(length) + 7) & ~7
            guard padded <= end - place - 8 else { throw .extensions }
            place += 8 + padded
        }
    }

    func checkTables(_ size: UInt64, _ clusterBits: UInt32, entryBits: UInt32) throws(QCOW2Header.Refusal) {
        let cluster: UInt64 = 1 << clusterBits
        guard let entries = number32(36), let first = number64(40) else { throw .cutShort }
        // One entry of the first table stands for a second table, which is a cluster of entries.
        let coveredBits = clusterBits + clusterBits - entryBits
        let needed = size >> coveredBits + (size & ((1 << coveredBits) - 1) == 0 ? 0 : 1)
        let firstBytes = UInt64(entries) * 8
        guard UInt64(entries) >= needed, firstBytes <= Self.largestFirstTable, isInside(first, firstBytes, cluster) else { throw .firstTable }
        guard let references = number64(48), let clusters = number32(56) else { throw .cutShort }
        let referenceBytes = UInt64(clusters) << clusterBits
        guard clusters > 0, referenceBytes <= Self.largestReferenceTable, isInside(references, referenceBytes, cluster) else { throw .referenceTable }
    }

    /// Aligned, behind the header, and whole within the file.
    private func isInside(_ offset: UInt64, _ length: UInt64, _ cluster: UInt64) -> Bool {
        offset >= cluster && offset % cluster == 0 && offset <= fileBytes && length <= fileBytes - offset
    }
}

extension QCOW2Header.Refusal: CustomStringConvertible {
    /// Begins as a sentence about the image does: "it …".
    package var description: String {
        switch self {
        case .notQCOW2: "it is no qcow2 file"
        case .cutShort: "it ends within its qcow2 header"
        case .version(let version): "it is of qcow2 version \(version), and 2 and 3 are known"
        case .backingFile: "it names a backing file"
        case .externalDataFile: "it keeps its data in an external data file"
        case .encrypted: "it is encrypted"
        case .snapshots(let count): "it holds \(count) internal snapshot\(count == 1 ? "" : "s")"
        case .dirty: "it was not closed cleanly (its dirty bit is set)"
        case .corrupt: "it is marked as corrupt"
        case .unknownFeatures(let bits): "it needs unknown features (incompatible bits 0x\(String(bits, radix: 16)))"
        case .unknownCompression(let kind): "it is compressed in an unknown way (type \(kind))"
        case .clusterSize(let bits): "its clusters of 2^\(bits) bytes are out of range"
        case .referenceCounts(let order): "its reference counts of 2^\(order) bits are out of range"
        case .headerLength(let length): "its header length of \(length) bytes is out of range"
        case .extensions: "an extension of its header reaches past its first cluster, or past the \(QCOW2Header.window >> 10) KiB that are read"
        case .virtualSize(let bytes, let limit): "its virtual size of \(bytes) bytes is out of range: 1 to \(limit) is allowed"
        case .firstTable: "its table of clusters (L1) is too short, misplaced or reaches out of the file"
        case .referenceTable: "its table of reference counts is misplaced or reaches out of the file"
        }
    }

    /// What its maker can do about it.
    package var remedy: String {
        switch self {
        case .backingFile, .externalDataFile, .snapshots, .dirty, .encrypted, .unknownFeatures, .unknownCompression:
            "make one file of it first, where it can be trusted: qemu-img convert -f qcow2 -O qcow2 OLD NEW"
        case .notQCOW2: "declare the format that it has"
        case .virtualSize: "import a smaller one, or let an operator raise the controller's “images” limit"
        default: "import a whole and undamaged file"
        }
    }
}
