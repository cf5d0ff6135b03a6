import ClusterModel
import Controller
import ControllerDecisions
import Foundation
import Logging
import StrictYAML
import Testing

@Suite("the controller's configuration and its start")
struct ConfigurationTests {
    @Test("everything but the data directory has a default")
    func defaults() throws {
        let configuration = try ControllerConfiguration(text: "dataDirectory: /var/lib/berth", file: "c.yaml")
        #expect(configuration.host == "127.0.0.1" && configuration.port == 7480)
        #expect(configuration.timing.suspectAfter == Milliseconds(seconds: 9))
        #expect(configuration.defaultSize.text == "tiny")
    }

    @Test("recovery and the fence command are read")
    func recovery() throws {
        let text = "dataDirectory: d\nrecovery: {maxLostShare: 0.35, window: 2m}\nfence: {command: /usr/local/sbin/fence, timeout: 20s}"
        let configuration = try ControllerConfiguration(text: text, file: "c.yaml")
        #expect(configuration.recovery == RecoverySettings(maxLostShare: 350, window: Milliseconds(seconds: 120)))
        let fence = try #require(configuration.fence)
        #expect(fence.command == "/usr/local/sbin/fence" && fence.timeout == Milliseconds(seconds: 20) && fence.moment == .lost)
    }

    @Test(
        "what is wrong is said with its line",
        arguments: [
            ("listen: 127.0.0.1:0", "dataDirectory"), ("dataDirectory: d\nlisten: 0.0.0.0:1\nsecurity: none", "loopback"),
            ("dataDirectory: d\nlisten: \"[::]:1\"\naccess: open", "loopback"), ("dataDirectory: d\nlisten: example.org:1", "in numbers"),
            ("dataDirectory: d\nlisten: 127.0.0.1", "host:port"),
            ("dataDirectory: d\nlisten: 127.0.0.1:70000", "host:port"), ("dataDirectory: d\nlissten: x", "lissten"),
            ("dataDirectory: d\nheartbeat: {interval: 3}", "500ms"),
            ("dataDirectory: d\nheartbeat: {interval: 30s, suspectAfter: 2s, lostAfter: 5s}", "interval 30s < suspectAfter 2s < lostAfter 5s"),
            ("dataDirectory: d\nheartbeat: {interval: 1ms}", "too short"), ("dataDirectory: d\nplacement: {policy: best}", "policy"),
            ("dataDirectory: d\nrecovery: {maxLostShare: 20%}", "from 0 to 1"), ("dataDirectory: d\nrecovery: {maxLostShare: 1.5}", "from 0 to 1"),
            ("dataDirectory: d\nrecovery: {window: 0s}", "out of range"), ("dataDirectory: d\nfence: {timeout: 3s}", "command"),
            ("dataDirectory: d\nfence: {command: fence.sh}", "absolute path"),
            ("dataDirectory: d\nfence: {command: /f, timeout: 1h}", "100ms to 10m"),
            ("dataDirectory: d\nfence: {command: /f, at: alive}", "suspect, lost"), ("dataDirectory: d\nwatch: {kept: 1}", "out of range"),
            ("dataDirectory: \"\"", "directory"), ("dataDirectory: [", "YAML"),
        ])
    func refused(text: String, words: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try ControllerConfiguration(text: text, file: "c.yaml") }
        #expect(error.description.hasPrefix("c.yaml"))
        #expect(error.description.contains(words), "\(error)")
    }

    @Test("a second controller on the directory, a port in use, a damaged ledger, a directory that can't be made: one sentence each")
    func starts() async throws {
        try await RunningController.run { controller in
            let second = #expect(throws: ControllerStartError.self) { _ = try service(directory: controller.directory.path) }
            #expect(second == .locked(directory: controller.directory.path))

            let other = try RunningController.temporaryDirectory()
            defer { try? FileManager.default.removeItem(at: other) }
            let port = controller.endpoint.split(separator: ":").last ?? ""
            let inUse = try service(directory: other.path, port: "\(port)")
            await #expect(throws: ControllerStartError.portInUse(address: "127.0.0.1:\(port)")) { try await inUse.run() }
        }
        let damaged = try RunningController.temporaryDirectory()
        defer { try? FileManager.default.removeItem(at: damaged) }
        try Data(repeating: 7, count: 10_000).write(to: damaged.appending(path: "ledger.sqlite"))
        let broken = try service(directory: damaged.path)
        let error = await #expect(throws: ControllerStartError.self) { try await broken.run() }
        #expect(error?.description.contains("backup") ?? false)

        let unwritable = #expect(throws: ControllerStartError.self) { _ = try service(directory: "/proc/no-such-place") }
        #expect(unwritable?.description.contains("/proc/no-such-place") ?? false)
    }

    private func service(directory: String, port: String = "0") throws -> ControllerService {
        let text = "security: none\nlisten: 127.0.0.1:\(port)\ndataDirectory: \(directory)\nlogLevel: critical"
        return try ControllerService(
            configuration: try ControllerConfiguration(text: text, file: "c.yaml"), logger: Logger(label: "test"), version: "test")
    }
}
