import Glibc

/// An append-only file of bounded size: when it is full it becomes `NAME.1`, in place of the one before, and begins anew.
struct CappedLog {
    private let name: String
    private let limit: Int
    private var descriptor: Int32 = -1
    private var size = 0

    init(name: String, limit: Int) {
        self.name = name
        self.limit = limit
        openFile()
    }

    private mutating func openFile() {
        descriptor = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        var status = stat()
        size = descriptor >= 0 && fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
    }

    /// A disk that is full loses the guest's words and not the guest.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if size + bytes.count > limit { rotate() }
        guard descriptor >= 0, let start = bytes.baseAddress else { return }
        let written = write(descriptor, start, bytes.count)
        if written > 0 { size += written }
    }

    private mutating func rotate() {
        if descriptor >= 0 { close(descriptor) }
        rename(name, name + ".1")
        openFile()
    }
}
