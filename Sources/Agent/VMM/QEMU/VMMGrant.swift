import ClusterModel

/// What a VMM gets from its cage: all of the node that it can reach, and its bounds.
package struct VMMGrant: Sendable {
    /// One that is opened for it, so that it needs no right to the path.
    package struct File: Hashable, Sendable {
        package var path: String
        package var isWritable: Bool

        package init(path: String, isWritable: Bool) {
            self.path = path
            self.isWritable = isWritable
        }
    }

    /// Of its first socket; files follow.
    static let firstDescriptor = 5

    /// In the instance's directory.
    package var sockets: [InstanceDirectory.File] = []
    package var files: [File] = []
    /// In bytes; nil: no bound.
    package var fileSize: Int64?
    /// Threads count.
    package var processes = 256
    /// Where it has a root of its own: what it sees there besides its working directory.
    package var shown: [String] = []
    package var devices: [String] = []
    package var tap: GuestTap?

    package init() {}

    /// As the cage is told it, which gives descriptors in this order.
    func words(_ confinement: Confinement?) -> [String] {
        var words = tap == nil ? [] : ["--tap"]
        for socket in sockets { words += ["--listen", socket.rawValue] }
        for file in files { words += [file.isWritable ? "--read-write" : "--read-only", file.path] }
        if let fileSize { words += ["--file-size", "\(fileSize)"] }
        guard let confinement else { return words }
        words += ["--users", confinement.file, "\(confinement.first)", "\(confinement.count)", "--processes", "\(processes)"]
        // Whose guest has a tap needs no other network; user networking is the node's.
        if tap != nil { words.append("--own-network") }
        for path in shown { words += ["--show", path] }
        for device in devices { words += ["--device", device] }
        return words
    }
}

/// The most bytes that a VMM may write to one file.
enum FileSizeLimit {
    private static let least = MiB(64)

    /// The largest of its disks, once for now, once for each snapshot inside it and once more for tables and for a snapshot that is being taken.
    static func bytes(of desired: DesiredInstance) -> Int64 {
        let disks = [desired.resources.disk] + (desired.storage?.volumes.map(\.size) ?? [])
        let largest = max(disks.max() ?? .zero, least).count
        let copies = Int64((desired.storage?.snapshots.count ?? 0) + 2)
        let (product, isTooMuch) = largest.multipliedReportingOverflow(by: copies << 20)
        return isTooMuch ? .max : product
    }
}
