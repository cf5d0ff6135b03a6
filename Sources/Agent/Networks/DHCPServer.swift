import AgentDecisions
import ClusterModel
import FoundationEssentials
import Glibc

/// dnsmasq on one bridge: it gives each guest the address that the controller chose, and answers for names. It outlives the agent.
struct DHCPServer {
    let bridge: String
    let range: IPv4Range
    /// Readable to dnsmasq after it has given up its rights.
    let directory: String

    private var hosts: String { "\(directory)/hosts" }
    private var record: String { "\(directory)/dnsmasq.json" }

    /// dnsmasq dies of a signal that comes before it has begun.
    private static let beginning = Duration.milliseconds(100)

    private struct Record: Codable {
        var process: VMMProcess
        var words: [String]
    }

    private var words: [String] {
        let mask = IPv4Address(bits: UInt32.max << UInt32(32 - range.prefix))
        return [
            NetworkNeeds.path(NetworkNeeds.dnsmasq) ?? NetworkNeeds.dnsmasq[0], "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=",
            "--no-hosts", "--bind-interfaces", "--except-interface=lo", "--interface=\(bridge)", "--dhcp-range=\(range.network),static,\(mask),1h",
            "--dhcp-hostsfile=\(hosts)", "--leasefile-ro", "--dhcp-authoritative", "--dhcp-no-override", "--no-ping", "--domain-needed",
            "--bogus-priv", "--log-facility=/dev/null", "--dns-forward-max=300", "--cache-size=1000",
        ]
    }

    var isAlive: Bool { known.map { RunningProcess.isAlive($0.process) } ?? false }

    private var known: Record? { DurableFile.read(record, limit: 64 << 10).flatMap { try? JSONDecoder().decode(Record.self, from: $0) } }

    func serve(_ ports: [BridgePort]) async throws(WorkFailure) {
        let lines = ports.sorted { $0.tap < $1.tap }.map { "\($0.mac),\($0.address)\n" }.joined()
        do { try DurableFile.write(Data(lines.utf8), to: hosts, mode: 0o644) } catch { throw WorkFailure(error) }
        if let known, RunningProcess.isAlive(known.process) {
            if known.words == words { return RunningProcess.signal(known.process, SIGHUP) }
            await stop()
        }
        let pid = try CageProcess.detach(words)
        guard let startTime = RunningProcess.startTime(of: pid) else { throw WorkFailure("dnsmasq ended at once") }
        let process = VMMProcess(pid: pid, startTime: startTime, bootID: RunningProcess.bootID())
        guard let text = try? JSONEncoder().encode(Record(process: process, words: words)) else { return }
        do { try DurableFile.write(text, to: record) } catch { throw WorkFailure(error) }
        try? await Task.sleep(for: Self.beginning)
        guard RunningProcess.isAlive(process) else { throw WorkFailure("dnsmasq ended at once: is its port on \(bridge) taken?") }
    }

    func stop() async {
        if let known {
            RunningProcess.signal(known.process, SIGKILL)
            for _ in 0..<100 where RunningProcess.isAlive(known.process) { try? await Task.sleep(for: .milliseconds(10)) }
        }
        unlink(record)
        unlink(hosts)
    }
}
