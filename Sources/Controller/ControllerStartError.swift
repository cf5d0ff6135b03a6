/// Why a controller did not start, in one sentence with what to do.
package enum ControllerStartError: Error, Hashable, Sendable, CustomStringConvertible {
    case portInUse(address: String)
    case cannotListen(address: String, why: String)
    case locked(directory: String)
    case notWritable(directory: String, why: String)
    /// - Parameter snapshot: the latest copy that is kept, to go back to.
    case damaged(directory: String, what: String, snapshot: String?)
    case diskFull(directory: String)
    case store(directory: String, why: String)
    case authority(String)

    package var description: String {
        switch self {
        case .portInUse(let address): "the address \(address) is in use: stop the other process, or set another “listen” in the configuration"
        case .cannotListen(let address, let why): "cannot listen on \(address): \(why)"
        case .locked(let directory):
            "the data directory \(directory) is locked by another controller: stop that one first, or set another “dataDirectory”"
        case .notWritable(let directory, let why): "the data directory \(directory) can't be written: \(why)"
        case .damaged(let directory, let what, let snapshot):
            "the ledger in \(directory) is damaged (\(what)): the controller does not start on it; move the directory away and put a backup in its place "
                + "with “berth controller restore --config FILE --from \(snapshot.map { "\($0)” from where you moved it" } ?? "BACKUP”")"
        case .diskFull(let directory): "the disk of \(directory) is full: make room and start again"
        case .store(let directory, let why): "the ledger in \(directory) can't be opened: \(why)"
        case .authority(let why): "the cluster's authority can't be used: \(why)"
        }
    }
}
