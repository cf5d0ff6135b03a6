import CSpawn
import ClusterAPI
import ClusterModel
import FoundationEssentials
import Glibc

/// What this machine has and lacks for running an agent.
package struct AgentCheck: Sendable {
    package struct Finding: Hashable, Sendable, Codable {
        package enum State: String, Hashable, Sendable, Codable { case ok, warning, missing }

        package var name: String
        package var state: State
        package var detail: String
        /// A command that mends it.
        package var remedy: String?
    }

    private let configuration: AgentConfiguration
    private let transport: (any Transport)?

    /// Without a transport the controller is not asked.
    package init(configuration: AgentConfiguration, transport: (any Transport)? = nil) {
        self.configuration = configuration
        self.transport = transport
    }

    package func findings() async -> [Finding] {
        var findings = [await qemu(), cage(), kvm(), dataDirectory(), runDirectory(), watchdog(), room(), descriptors()] + confinement() + network()
        if let finding = await controller() { findings.append(finding) }
        return findings
    }

    private func qemu() async -> Finding {
        let architecture = configuration.architecture ?? MachineFacts.architecture()
        let binary = configuration.qemu ?? architecture.standardBinary
        guard let version = await MachineFacts.version(ofQEMU: binary) else {
            return Finding(
                name: "qemu", state: .missing, detail: "\(binary) can't be executed",
                remedy: "apt-get install --no-install-recommends \(architecture.package)")
        }
        return Finding(name: "qemu", state: .ok, detail: "\(binary), version \(version)")
    }

    private func cage() -> Finding {
        do {
            return Finding(name: "cage", state: .ok, detail: try NodeMachine.cage(configuration))
        } catch {
            return Finding(name: "cage", state: .missing, detail: error.description, remedy: "make install")
        }
    }

    private func kvm() -> Finding {
        switch KVMProbe.run() {
        case .absent:
            Finding(
                name: "kvm", state: .warning, detail: "there is no /dev/kvm; guests run under TCG, many times slower",
                remedy: "modprobe kvm_intel || modprobe kvm_amd")
        case .refused(let reason):
            Finding(name: "kvm", state: .warning, detail: "/dev/kvm is no use: \(reason); guests run under TCG", remedy: "usermod -aG kvm $(id -un)")
        case .emulated(let rate):
            Finding(
                name: "kvm", state: .warning,
                detail: "/dev/kvm is emulated (a guest ran \(rate) instructions a second); guests run under TCG, which is faster")
        case .native(let rate): Finding(name: "kvm", state: .ok, detail: "native, \(rate / 1_000_000) million instructions a second")
        }
    }

    private func dataDirectory() -> Finding {
        let path = configuration.dataDirectory
        let probe = "\(path)/.check-\(getpid())"
        do {
            try DurableFile.makeDirectory(path)
            try DurableFile.write(Data("berth".utf8), to: probe)
            unlink(probe)
            return Finding(name: "data directory", state: .ok, detail: path)
        } catch {
            let remedy = error.isFull ? "df -h \(path)" : "install -d -m 0700 \(path)"
            return Finding(name: "data directory", state: .missing, detail: error.description, remedy: remedy)
        }
    }

    private func runDirectory() -> Finding {
        let path = RunDirectory.place(configuration, node: nil)
        guard RunDirectory.isMemory(path) else {
            return Finding(
                name: "run directory", state: .warning,
                detail: "\(path) is not in memory: a disk that hangs keeps leases from being renewed, and ends fenced instances",
                remedy: "mount -t tmpfs -o size=1m,mode=0700 tmpfs \(path)")
        }
        return Finding(name: "run directory", state: .ok, detail: path)
    }

    private func confinement() -> [Finding] {
        let namespaces =
            cspawn_may_isolate() == 1
            ? Finding(name: "namespaces", state: .ok, detail: "each VMM is the first process of a pid and an ipc namespace of its own")
            : Finding(
                name: "namespaces", state: .warning,
                detail: "this user may make none: a VMM ends with its cage by a signal alone",
                remedy: "run the agent as root, or give it CAP_SYS_ADMIN")
        let groups =
            ControlGroups.standard.map { Finding(name: "cgroup", state: .ok, detail: "\($0.path), ended as a whole by cgroup.kill") }
            ?? Finding(
                name: "cgroup", state: .warning, detail: "no cgroup of version 2 may be written: a VMM is ended by a signal alone",
                remedy: "run the agent under its unit, with Delegate=yes")
        let confinement =
            Confinement.standard.map {
                Finding(
                    name: "confinement", state: .ok,
                    detail: "each VMM has a user of its own from \($0.first) on, and a root that holds only its files")
            }
            ?? Finding(
                name: "confinement", state: .warning,
                detail: "\(Confinement.lack): a VMM that is taken over has the agent's own rights", remedy: "run the agent as root, under its unit")
        return [namespaces, groups, confinement]
    }

    private func watchdog() -> Finding {
        let standard = "/dev/watchdog"
        guard let watchdog = configuration.watchdog else {
            let isThere = access(standard, F_OK) == 0
            return Finding(
                name: "watchdog", state: .warning,
                detail: "none is configured: the node is softFenced, and nothing ends fenced instances when cages and guard hang"
                    + (isThere ? "; this machine has one: add “watchdog: \(standard)” to the configuration" : ""),
                remedy: isThere ? nil : "modprobe softdog")
        }
        guard access(watchdog.device, W_OK) == 0 else {
            return Finding(
                name: "watchdog", state: .missing, detail: "\(watchdog.device): \(String(cString: strerror(errno)))", remedy: "modprobe softdog")
        }
        return Finding(name: "watchdog", state: .ok, detail: "\(watchdog.device), within \(watchdog.within)")
    }

    private func network() -> [Finding] {
        guard let settings = configuration.network, settings.mode != .user, let range = settings.range else {
            let detail = "user networking; for addresses of the guests' own, add “network: {range: 10.100.1.0/24}”"
            return [Finding(name: "network", state: .ok, detail: detail)]
        }
        let lacks = NetworkNeeds.missing()
        guard !lacks.isEmpty else { return [Finding(name: "network", state: .ok, detail: "bridge \(settings.bridge), \(range)")] }
        return lacks.map {
            Finding(
                name: "network", state: settings.mode == .bridge ? .missing : .warning,
                detail: $0.what + (settings.mode == .bridge ? "" : "; guests get user networking"), remedy: $0.remedy)
        }
    }

    private func room() -> Finding {
        let capacity = configuration.capacity(machine: MachineFacts.total(dataDirectory: configuration.dataDirectory)).allocatable
        let detail = "\(capacity.cpu) vCPU, \(capacity.memory) of memory and \(capacity.disk) of disk for instances"
        guard capacity.memory >= MiB(256), capacity.cpu > .zero else {
            return Finding(name: "room", state: .warning, detail: "only \(detail); lower “reserved” in the configuration")
        }
        return Finding(name: "room", state: .ok, detail: detail)
    }

    private func descriptors() -> Finding {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_cur >= 1024 else {
            return Finding(name: "descriptors", state: .warning, detail: "at most \(limit.rlim_cur) open files", remedy: "ulimit -n 65536")
        }
        return Finding(name: "descriptors", state: .ok, detail: "up to \(limit.rlim_cur) open files")
    }

    private func controller() async -> Finding? {
        guard let transport else { return nil }
        let remedy = "curl -sS \(configuration.controller)\(Route.live.template)"
        do {
            let answer = try await transport.send(HTTPRequest(method: Route.live.method, target: Route.live.path(), timeout: .seconds(5)))
            guard answer.status == 200 else {
                return Finding(
                    name: "controller", state: .warning, detail: "\(configuration.controller) answers with \(answer.status)", remedy: remedy)
            }
            return Finding(name: "controller", state: .ok, detail: configuration.controller)
        } catch {
            return Finding(name: "controller", state: .warning, detail: "\(error)", remedy: remedy)
        }
    }
}
