import CSpawn
import ClusterModel
import FoundationEssentials
import Glibc

/// Starts cages: processes of sessions of their own, which this agent's end doesn't touch.
package enum CageProcess {
    /// Returns when the VMM has been executed, under the node's lease where there is a directory to read it from. The cage is waited for in the background, so that it leaves no zombie.
    package static func start(
        _ settings: QEMUSettings, in directory: String, command: [String], under run: RunDirectory? = nil, grant: VMMGrant = VMMGrant(),
        timeout: Duration = .seconds(20)
    ) async throws(WorkFailure) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw WorkFailure("cannot make a pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var words = [settings.cage, "--directory", directory, "--log-limit", "\(settings.consoleLimit)"]
        if let run { words += ["--lease", run.lease, "--registry", run.registry] }
        if let groups = settings.groups, let name = directory.split(separator: "/").last { words += ["--cgroup", "\(groups.path)/\(name)"] }
        words += grant.words(settings.confinement) + ["--"] + command
        let result = spawn(words, report: ends[1], tap: grant.tap)
        close(ends[1])
        switch result {
        case .failure(let failure): throw failure
        case .success(let pid): reap(pid)
        }
        let line = await readLine(ends[0], timeout: timeout)
        guard line != "started" else { return }
        guard line.hasPrefix("failed ") else { throw WorkFailure("the cage did not start its VMM within \(timeout)") }
        let why = String(line.dropFirst("failed ".count))
        guard !why.contains("No such file") || access(command[0], F_OK) == 0 else {
            throw WorkFailure("\(why); install it with: apt-get install qemu-system-x86", isLasting: true)
        }
        throw WorkFailure(why)
    }

    /// Starts the executable with these words and leaves it to itself.
    @discardableResult
    static func detach(_ words: [String]) throws(WorkFailure) -> pid_t {
        let pid = try spawn(words, report: nil).get()
        reap(pid)
        return pid
    }

    private static func spawn(_ words: [String], report: Int32?, tap: GuestTap? = nil) -> Result<pid_t, WorkFailure> {
        var arguments = words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        var descriptors = report.map { [cspawn_descriptor(from: $0, to: 3)] } ?? []
        if let tap { descriptors.append(cspawn_descriptor(from: tap.descriptor, to: 4)) }
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), strdup("LANG=C.UTF-8"), nil]
        defer { for variable in environment { free(variable) } }
        var pid: pid_t = 0
        let result = cspawn_detached(words[0], &arguments, &environment, descriptors, Int32(descriptors.count), &pid)
        guard result == 0 else {
            let isMissing = result == ENOENT
            return .failure(
                WorkFailure(
                    "cannot execute \(words[0]): \(String(cString: strerror(result)))"
                        + (isMissing ? "; it belongs beside the berth executable, or where the configuration's “cage” says" : ""),
                    isLasting: isMissing))
        }
        return .success(pid)
    }

    private static func reap(_ pid: pid_t) {
        let descriptor = cspawn_pidfd(pid)
        guard descriptor >= 0 else { return }
        let once = Once()
        once.put(
            DescriptorWatch.shared.add(descriptor) {
                guard let registration = once.take() else { return }
                DescriptorWatch.shared.remove(registration)
                close(descriptor)
                waitpid(pid, nil, 0)
            })
    }

    private static func readLine(_ descriptor: Int32, timeout: Duration) async -> String {
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let deadline = ContinuousClock.now + timeout
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 512)
        while ContinuousClock.now < deadline, text.count < 4096 {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { break }
            if count > 0 {
                text += buffer[..<count]
                if text.last == 0x0A { break }
            } else {
                try? await Task.sleep(for: .milliseconds(1))
            }
        }
        return Printable(String(decoding: text, as: UTF8.self).filter { $0 != "\n" }, limit: 400).description
    }
}
