import FoundationEssentials

/// A cpio archive in the format `newc`, which the Linux kernel unpacks as its first root. Owner 0 and time 0 throughout.
package struct NewASCIIArchive {
    private(set) var bytes = Data()
    private var inode = 1

    private static let directoryMode = 0o040755
    private static let fileMode = 0o100644
    private static let executableMode = 0o100755

    package mutating func add(directory: String) { add(directory, mode: Self.directoryMode, Data()) }

    package mutating func add(file: String, _ content: Data, isExecutable: Bool = false) {
        add(file, mode: isExecutable ? Self.executableMode : Self.fileMode, content)
    }

    package mutating func finish() { add("TRAILER!!!", mode: 0, Data()) }

    private mutating func add(_ name: String, mode: Int, _ content: Data) {
        let links = mode & 0o040000 == 0 ? 1 : 2
        let fields = [inode, mode, 0, 0, links, 0, content.count, 0, 0, 0, 0, name.utf8.count + 1, 0]
        inode += 1
        bytes += Data(("070701" + fields.map(Self.hexadecimal).joined()).utf8) + Data(name.utf8) + Data([0])
        pad()
        bytes += content
        pad()
    }

    private mutating func pad() { bytes += Data(count: (4 - bytes.count % 4) % 4) }

    private static func hexadecimal(_ number: Int) -> String {
        let text = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 8 - text.utf8.count)) + text
    }
}
