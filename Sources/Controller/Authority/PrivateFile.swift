import Certificates
import FoundationEssentials
import Glibc

/// A small file that is whole or absent, and the owner's alone where it is secret.
struct PrivateFile {
    let path: String
    private static let limit = 64 << 10

    /// Nil where there is none.
    func read() throws(CertificateFailure) -> Data? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if file < 0, errno == ENOENT { return nil }
        guard file >= 0 else { throw CertificateFailure("cannot read \(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0, facts.st_size <= Self.limit else { throw CertificateFailure("\(path) is too large to be what it should be") }
        if path.hasSuffix(".key"), facts.st_mode & 0o077 != 0 {
            throw CertificateFailure("\(path) can be read by others: chmod 600 \(path), and make a new authority if they may have")
        }
        var data = Data(count: Int(facts.st_size))
        let count = data.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
        guard count == data.count else { throw CertificateFailure("cannot read \(path)") }
        return data
    }

    func write(_ data: Data, mode: mode_t = 0o600) throws(CertificateFailure) {
        let draft = path + ".new"
        unlink(draft)
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        func failure() -> CertificateFailure { CertificateFailure("cannot write \(path): \(String(cString: strerror(errno)))") }
        guard file >= 0 else { throw failure() }
        let count = data.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        let isWhole = count == data.count && fsync(file) == 0
        close(file)
        guard isWhole, rename(draft, path) == 0 else { throw failure() }
        guard let slash = path.lastIndex(of: "/") else { return }
        let directory = open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }
}
