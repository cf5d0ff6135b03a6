import FoundationEssentials
import Glibc

/// The image format `linux`: a tar archive of the two regular files `kernel` and `initrd`, and nothing else.
package enum LinuxImage {
    package static let members = ["kernel", "initrd"]
    private static let block = 512

    /// Unpacks into a directory that exists.
    package static func unpack(_ archive: String, into directory: String) throws(WorkFailure) {
        let file = open(archive, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw WorkFailure("cannot open the image: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var missing = Set(members)
        while let header = try readBlock(file), header.contains(where: { $0 != 0 }) {
            let member = try Member(header)
            guard missing.remove(member.name) != nil else {
                throw WorkFailure("the image holds “\(member.name)” twice", isLasting: true)
            }
            try copy(member.size, from: file, to: "\(directory)/\(member.name)")
        }
        guard missing.isEmpty else { throw WorkFailure("the image has no member “\(missing.sorted()[0])”", isLasting: true) }
    }

    /// The archive of the two files, with nothing in it that depends on when or by whom it was made.
    package static func header(name: String, size: Int) -> Data {
        var header = Data(count: block)
        func put(_ text: String, at offset: Int) { header.replaceSubrange(offset..<offset + text.utf8.count, with: Data(text.utf8)) }
        func octal(_ number: Int, digits: Int) -> String {
            let text = String(number, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
        }
        put(name, at: 0)
        put("0000644", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(octal(size, digits: 11), at: 124)
        put("00000000000", at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, digits: 6) + "\0 ", at: 148)
        return header
    }

    package static func padding(after size: Int) -> Data { Data(count: (block - size % block) % block) }

    private struct Member {
        var name: String
        var size: Int

        init(_ header: [UInt8]) throws(WorkFailure) {
            let sum = header.enumerated().reduce(0) { $0 + Int((148..<156).contains($1.offset) ? 0x20 : $1.element) }
            guard Self.octal(header[148..<156]) == sum else { throw WorkFailure("the image is no tar archive", isLasting: true) }
            let text = String(decoding: header[0..<100].prefix { $0 != 0 }, as: UTF8.self)
            name = text.hasPrefix("./") ? String(text.dropFirst(2)) : text
            guard members.contains(name), header[156] == 0x30 || header[156] == 0 else {
                throw WorkFailure("the image may hold nothing but the files “kernel” and “initrd”", isLasting: true)
            }
            guard let size = Self.octal(header[124..<136]), size > 0 else {
                throw WorkFailure("the image's member “\(name)” has no valid size", isLasting: true)
            }
            self.size = size
        }

        private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
            let digits = field.drop { $0 == 0x20 }.prefix { $0 >= 0x30 && $0 <= 0x37 }
            return digits.count > 11 ? nil : digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
        }
    }

    private static func readBlock(_ file: Int32) throws(WorkFailure) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: block)
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        guard count != 0 else { return nil }
        guard count == block else { throw WorkFailure("the image is cut short", isLasting: true) }
        return bytes
    }

    private static func copy(_ size: Int, from file: Int32, to path: String) throws(WorkFailure) {
        let output = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard output >= 0 else { throw WorkFailure("cannot write \(path): \(String(cString: strerror(errno)))") }
        defer { close(output) }
        var remaining = size
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while remaining > 0 {
            let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, min($0.count, remaining)) }
            guard count > 0 else { throw WorkFailure("the image is cut short", isLasting: true) }
            do { try DurableFile.writeAll(Data(buffer[..<count]), to: output, path: path) } catch { throw WorkFailure(error) }
            remaining -= count
        }
        lseek(file, off_t((block - size % block) % block), SEEK_CUR)
    }
}
