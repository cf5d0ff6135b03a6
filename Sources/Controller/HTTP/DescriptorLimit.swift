import Glibc

/// How many files and sockets this process may have open.
enum DescriptorLimit {
    /// What the ledger, the images and the program itself need.
    private static let reserve = 128

    /// Raises the limit to all that is allowed, and says how many connections that leaves.
    static func raise() -> Int {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return .max }
        if limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            setrlimit(resource, &limit)
            getrlimit(resource, &limit)
        }
        return max(16, Int(clamping: limit.rlim_cur) - reserve)
    }
}
