import FoundationEssentials

/// A writer of small ISO 9660 images (ECMA-119, interchange level 2): one directory, plain names.
/// Linux shows such names in lower case and without the version, which is what NoCloud asks for.
package struct ISO9660 {
    package struct File {
        /// Up to 30 of a-z, 0-9, "-" and "_".
        package var name: String
        package var content: Data
    }

    package var label: String
    package var files: [File]

    private static let sector = 2048
    // The layout: 16 sectors of nothing, the descriptors, the path tables, the directory, then the files.
    private static let volumeSector = 16
    private static let terminatorSector = 17
    private static let littlePathTableSector = 18
    private static let bigPathTableSector = 19
    private static let directorySector = 20
    private static let firstFileSector = 21
    /// The path table of a root alone.
    private static let pathTableLength = 10

    /// At most 30 files, so that one sector holds the directory.
    package var bytes: Data {
        let sorted = files.sorted { $0.name < $1.name }
        var sectors: [Int] = []
        var next = Self.firstFileSector
        for file in sorted {
            sectors.append(next)
            next += (file.content.count + Self.sector - 1) / Self.sector
        }
        var image = Data(count: next * Self.sector)
        put(volumeDescriptor(sectors: next), at: Self.volumeSector, into: &image)
        put(Data([0xFF]) + Data("CD001".utf8) + Data([1]), at: Self.terminatorSector, into: &image)
        put(pathTable(isBigEndian: false), at: Self.littlePathTableSector, into: &image)
        put(pathTable(isBigEndian: true), at: Self.bigPathTableSector, into: &image)
        put(directory(sorted, sectors), at: Self.directorySector, into: &image)
        for (file, sector) in zip(sorted, sectors) { put(file.content, at: sector, into: &image) }
        return image
    }

    private func put(_ data: Data, at sector: Int, into image: inout Data) {
        let start = sector * Self.sector
        image.replaceSubrange(start..<start + data.count, with: data)
    }

    /// ECMA-119, 8.4.
    private func volumeDescriptor(sectors: Int) -> Data {
        var data = Data([1]) + Data("CD001".utf8) + Data([1, 0])
        data += padded("LINUX", to: 32) + padded(label, to: 32) + Data(count: 8)
        data += both(UInt32(sectors)) + Data(count: 32)
        data += both(UInt16(1)) + both(UInt16(1)) + both(UInt16(Self.sector)) + both(UInt32(Self.pathTableLength))
        data += little(UInt32(Self.littlePathTableSector)) + little(UInt32(0)) + big(UInt32(Self.bigPathTableSector)) + big(UInt32(0))
        data += record(identifier: Data([0]), sector: Self.directorySector, length: Self.sector, isDirectory: true)
        data += padded("", to: 128 * 4 + 37 * 3)
        for _ in 0..<4 { data += Data("0000000000000000".utf8) + Data([0]) }
        return data + Data([1, 0])
    }

    /// ECMA-119, 9.4.
    private func pathTable(isBigEndian: Bool) -> Data {
        let sector = UInt32(Self.directorySector)
        return Data([1, 0]) + (isBigEndian ? big(sector) + big(UInt16(1)) : little(sector) + little(UInt16(1))) + Data([0, 0])
    }

    private func directory(_ files: [File], _ sectors: [Int]) -> Data {
        var data = record(identifier: Data([0]), sector: Self.directorySector, length: Self.sector, isDirectory: true)
        data += record(identifier: Data([1]), sector: Self.directorySector, length: Self.sector, isDirectory: true)
        for (file, sector) in zip(files, sectors) {
            let identifier = Data((file.name.uppercased() + ".;1").utf8)
            data += record(identifier: identifier, sector: sector, length: file.content.count, isDirectory: false)
        }
        return data
    }

    /// ECMA-119, 9.1. The time is 1970, so that the same seed is the same bytes.
    private func record(identifier: Data, sector: Int, length: Int, isDirectory: Bool) -> Data {
        let isPadded = identifier.count % 2 == 0
        var data = Data([UInt8(33 + identifier.count + (isPadded ? 1 : 0)), 0])
        data += both(UInt32(sector)) + both(UInt32(length))
        data += Data([70, 1, 1, 0, 0, 0, 0, isDirectory ? 2 : 0, 0, 0]) + both(UInt16(1))
        data += Data([UInt8(identifier.count)]) + identifier
        return isPadded ? data + Data([0]) : data
    }

    private func padded(_ text: String, to length: Int) -> Data {
        let bytes = Data(text.utf8.prefix(length))
        return bytes + Data(repeating: 0x20, count: length - bytes.count)
    }

    private func little(_ value: some FixedWidthInteger) -> Data { withUnsafeBytes(of: value.littleEndian) { Data($0) } }
    private func big(_ value: some FixedWidthInteger) -> Data { withUnsafeBytes(of: value.bigEndian) { Data($0) } }
    private func both(_ value: some FixedWidthInteger) -> Data { little(value) + big(value) }
}
