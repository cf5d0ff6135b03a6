import Agent
import ClusterModel
import Logging
import StrictYAML
import Testing

@Suite("agent.yaml")
struct ConfigurationTests {
    private static let least = "controller: http://127.0.0.1:7480\nname: n1\ndataDirectory: /var/lib/berth\n"

    @Test("everything in it is read")
    func full() throws {
        let configuration = try AgentConfiguration(
            text: Self.least + """
                labels: {rack: r1}
                taints: ["dedicated=db:preferNoPlace", "gpu=yes"]
                vmm: qemu
                accelerator: tcg
                capacity: {cpu: "8", memory: 16GiB, disk: 100GiB, devices: {gpu: 2}}
                reserved: {cpu: 500m, memory: 1GiB, disk: 10GiB}
                overcommit: {cpu: 150}
                qemu: /opt/qemu/bin/qemu-system-x86_64
                cage: /opt/berth/berth-cage
                imageCache: {limit: 5GiB}
                synthetic: {startDelay: 1s, stopDelay: 2s, failEvery: 10}
                shutdownTimeout: 90s
                lease: {profile: fast}
                runDirectory: /run/berth-n1
                watchdog: /dev/watchdog
                logLevel: debug
                """, file: "agent.yaml")
        #expect(configuration.labels["rack"] == "r1")
        #expect(configuration.taints.map(\.description) == ["dedicated=db:preferNoPlace", "gpu=yes:noPlace"])
        #expect(configuration.accelerator == .tcg)
        #expect(configuration.memory == MiB(16384))
        #expect(configuration.overcommit.cpuPercent == 150)
        #expect(configuration.synthetic.failEvery == 10)
        #expect(configuration.shutdownTimeout == Milliseconds(seconds: 90))
        #expect(configuration.logLevel == .debug)
        #expect(configuration.lease == .fast && configuration.runDirectory == "/run/berth-n1")
        #expect(configuration.watchdog == .init(device: "/dev/watchdog", within: LeaseTiming.fast.kill))
    }

    @Test(
        "what is wrong in it is a sentence with file and line",
        arguments: [
            ("lables: {a: b}", "agent.yaml:4: unknown key “lables”; did you mean “labels”?"),
            (
                "reserved: {memory: 512}",
                "agent.yaml:4: reserved.memory: “512” is no amount of memory or disk: write a whole number and a unit, such as 512MiB or 4GiB."
            ),
            ("vmm: xen", "agent.yaml:4: vmm: “xen” is not one of qemu, synthetic"),
            ("accelerator: hvf", "agent.yaml:4: accelerator: “hvf” is not one of auto, kvm, tcg"),
            ("cage: berth-cage", "agent.yaml:4: cage: “berth-cage” is no absolute path: begin with “/”"),
            ("taints: [\"a=b:never\"]", "agent.yaml:4: taints[0]: “a=b:never” is no taint: write key=value:noPlace or key=value:preferNoPlace"),
            (
                "lease: {renew: 1s, length: 6s, kill: 3s, wait: 9s}",
                "agent.yaml:4: lease: a wait of 9s is too short for a lease of 6s and 3s to end its instances: at least 9152ms is needed, "
                    + "or an instance could run twice"
            ),
            (
                "lease: {renew: 2s, length: 6s, kill: 3s, wait: 12s}",
                "agent.yaml:4: lease: a sync held for 2s, its way of 1s and the next interval of 2s are 5s, more than half the lease of 6s: "
                    + "the lease would be over before its renewal; lengthen the lease or shorten the renewal"
            ),
            ("watchdog: watchdog", "agent.yaml:4: watchdog: “watchdog” is no absolute path: begin with “/”"),
            ("overcommit: {memory: 0}", "agent.yaml:4: overcommit.memory: 0 is out of range: 1 to 10000 is allowed"),
        ])
    func wrong(line: String, sentence: String) {
        #expect(throws: ConfigurationError.self) {
            do { _ = try AgentConfiguration(text: Self.least + line, file: "agent.yaml") } catch {
                #expect("\(error)" == sentence)
                throw error
            }
        }
    }

    @Test("a missing key is named")
    func missing() {
        #expect {
            try AgentConfiguration(text: "name: n1\ndataDirectory: /x\n", file: "a.yaml")
        } throws: { "\($0)".contains("the key “controller” is missing") }
    }
}
