import FoundationEssentials
import Glibc

/// A disk with one partition: the boot sector and the loader of GRUB before it, by the places that they expect of each other, so that no tool has to
/// mount or map anything.
struct DebianDisk {
    static let bootSector = "/usr/lib/grub/i386-pc/boot.img"
    private static let sector = 512
    /// Of the partition; between the first sector and here lies the loader.
    private static let start = 2048

    /// The file system.
    var root: String
    var loader: Data

    func write(to path: String) throws {
        guard loader.count <= (Self.start - 1) * Self.sector else { throw DebianImage.Failure(description: "the loader is too large for its place") }
        let boot = try Data(contentsOf: URL(filePath: Self.bootSector))
        guard boot.count == Self.sector else { throw DebianImage.Failure(description: "\(Self.bootSector) is no boot sector") }
        var status = stat()
        guard stat(root, &status) == 0 else { throw trouble(root) }
        let source = open(root, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw trouble(root) }
        defer { close(source) }
        let disk = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard disk >= 0 else { throw trouble(path) }
        defer { close(disk) }
        let offset = Self.start * Self.sector
        guard ftruncate(disk, off_t(offset + Int(status.st_size))) == 0 else { throw trouble(path) }
        try DurableFile.writeAll(mbr(boot, sectors: UInt32(clamping: Int(status.st_size) / Self.sector)) + loader, to: disk, path: path)
        try copy(source, to: disk, at: offset, path)
    }

    /// The loader's code, a signature, and the table with one active Linux partition.
    private func mbr(_ boot: Data, sectors: UInt32) -> Data {
        func little(_ value: UInt32) -> Data { withUnsafeBytes(of: value.littleEndian) { Data($0) } }
        let entry = Data([0x80, 0, 0, 2, 0x83, 0xFF, 0xFF, 0xFF]) + little(UInt32(Self.start)) + little(sectors)
        return boot.prefix(440) + Data("BRTH".utf8) + Data(count: 2) + entry + Data(count: 48) + Data([0x55, 0xAA])
    }

    /// Leaves holes where there are only zeros.
    private func copy(_ source: Int32, to disk: Int32, at start: Int, _ path: String) throws {
        var offset = start
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(source, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            if buffer[..<count].contains(where: { $0 != 0 }) {
                guard lseek(disk, off_t(offset), SEEK_SET) >= 0 else { throw trouble(path) }
                try DurableFile.writeAll(Data(buffer[..<count]), to: disk, path: path)
            }
            offset += count
        }
    }

    private func trouble(_ path: String) -> DebianImage.Failure { DebianImage.Failure(description: "\(path): \(String(cString: strerror(errno)))") }
}
