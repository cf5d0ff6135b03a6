import Foundation
import Testing

@Suite("the units for systemd", .serialized, .timeLimit(.minutes(3)))
struct UnitTests {
    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/systemd")
    private static let analyser = "/usr/bin/systemd-analyze"

    private static func text(_ name: String) throws -> String { try String(contentsOf: directory.appending(path: name), encoding: .utf8) }

    @Test("systemd knows every line of them", .enabled(if: FileManager.default.isExecutableFile(atPath: analyser), "systemd is needed"))
    func known() async throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.directory.path)
        #expect(names.sorted() == ["berth-agent.service", "berth-controller.service", "berth-guests.service"])
        let scratch = try Scratch("units")
        defer { scratch.remove() }
        for name in names {
            let unit = try Self.text(name).replacingOccurrences(of: "/usr/local/bin/berth", with: "/bin/true")
            let file = try scratch.write(unit, to: name)
            let result = try await Executable.run(["verify", file], environment: [:], timeout: 30, executable: URL(filePath: Self.analyser))
            #expect(result.exitCode == 0 && result.errors.isEmpty, "\(name): \(result.errors)")
        }
    }

    @Test(
        "the controller's leaves it no capability, and it serves",
        .enabled(if: getuid() == 0 && FileManager.default.isExecutableFile(atPath: Systemd.path), "systemd and root are needed"))
    func controller() async throws {
        try await Cluster.run(.synthetic(1)) { cluster in
            await cluster.killController()
            let service = cluster.scratch.url.lastPathComponent
            let unit = try Self.text("berth-controller.service")
                .replacingOccurrences(of: "/usr/local/bin/berth", with: Executable.berth.path)
                .replacingOccurrences(of: "/etc/berth/controller.yaml", with: cluster.controllerConfiguration)
                // What is in /var/lib on a machine is in the test's directory here.
                .replacingOccurrences(of: "StateDirectory=berth\n", with: "ReadWritePaths=\(cluster.scratch.url.path)\n")
                .replacingOccurrences(of: "PrivateTmp=yes\n", with: "")
            let systemd = try await Systemd(services: [service: unit])
            do {
                #expect(try await systemd.control("start", service).exitCode == 0)
                _ = try await eventually("it serves", within: 20) { try await cluster.berth("node", "list").exitCode == 0 ? true : nil }
                let pid = try #require(try await systemd.mainProcess(of: service))
                let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
                for set in ["CapEff", "CapBnd"] { #expect(status.contains("\n\(set):\t0000000000000000\n"), "\(status)") }
                #expect(status.contains("\nNoNewPrivs:\t1\n"))
            } catch {
                await systemd.end()
                throw error
            }
            await systemd.end()
        }
    }
}
