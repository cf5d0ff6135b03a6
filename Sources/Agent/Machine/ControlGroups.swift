import FoundationEssentials
import Glibc

/// Where this agent's instances have their cgroups (version 2), a directory for each, named by its id.
package struct ControlGroups: Hashable, Sendable {
    package let path: String

    package static let standard = ControlGroups(
        mounts: (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? "",
        own: (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? "")

    /// Beneath the agent's own group, so that a unit's delegation is enough. Nil where there is no version 2, or none that may be written.
    /// - Parameters:
    ///   - mounts: as /proc/self/mountinfo has them.
    ///   - own: as /proc/self/cgroup has it.
    package init?(mounts: String, own: String) {
        guard let mount = Self.mount(in: mounts), let group = Self.group(in: own) else { return nil }
        path = "\(mount)\(group == "/" ? "" : group)/berth"
        guard mkdir(path, 0o755) == 0 || errno == EEXIST, access("\(path)/cgroup.kill", W_OK) == 0 else { return nil }
    }

    /// Those of one agent. Two may run on a machine, and while an instance migrates between them both have it: what the one ends is not the other's.
    /// - Parameter dataDirectory: an agent's own, by whose inode the group is named.
    package func ofAgent(in dataDirectory: String) -> ControlGroups? {
        var facts = stat()
        guard stat(dataDirectory, &facts) == 0 else { return nil }
        let own = ControlGroups(path: "\(path)/\(facts.st_dev)-\(facts.st_ino)")
        return mkdir(own.path, 0o755) == 0 || errno == EEXIST ? own : nil
    }

    private init(path: String) { self.path = path }

    /// The fifth field is the mount point, and the file system's type follows a lone dash.
    static func mount(in mounts: String) -> String? {
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 5, let dash = fields.firstIndex(of: "-"), fields.indices.contains(dash + 1), fields[dash + 1] == "cgroup2" else {
                continue
            }
            return String(fields[4])
        }
        return nil
    }

    /// Version 2 is hierarchy 0 without controllers.
    static func group(in own: String) -> String? {
        for line in own.split(separator: "\n") where line.hasPrefix("0::/") && !line.contains("/..") { return String(line.dropFirst(3)) }
        return nil
    }
}
