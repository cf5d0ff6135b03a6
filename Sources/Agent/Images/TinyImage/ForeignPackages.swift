import ClusterModel
import FoundationEssentials
import Subprocess
import SystemPackage

/// Packages of an architecture that may not be this machine's: apt gets lists of its own for it, and the machine's are left as they are.
struct ForeignPackages {
    /// As Debian calls the architecture.
    let name: String
    private let directory: String?

    init(of architecture: Architecture, cache: String) {
        name = architecture == .aarch64 ? "arm64" : "amd64"
        directory = architecture == MachineFacts.architecture() ? nil : "\(cache)/apt-\(name)"
    }

    /// What apt's programs are called with.
    var options: [String] {
        guard let directory else { return [] }
        return [
            "Dir::State=\(directory)/state", "Dir::State::status=\(directory)/status", "Dir::Cache=\(directory)/cache", "APT::Architecture=\(name)",
            "APT::Architectures=\(name)", "APT::Sandbox::User=root",
        ].flatMap { ["-o", $0] }
    }

    /// Fetches the lists, unless they are this machine's own.
    func prepare(_ begins: () -> Void) async throws {
        guard let directory else { return }
        begins()
        for folder in ["state/lists/partial", "cache/archives/partial"] {
            try FileManager.default.createDirectory(atPath: "\(directory)/\(folder)", withIntermediateDirectories: true)
        }
        do { try DurableFile.write(Data(), to: "\(directory)/status") } catch { throw TinyImage.Failure(description: error.description) }
        let result = try await run(
            .name("apt-get"), arguments: Arguments(options + ["update", "--quiet=2"]), output: .discarded, error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw TinyImage.Failure(
                description:
                    "apt-get can't fetch the lists of \(name): \(Printable(String(result.standardError.split(separator: "\n").last ?? ""), limit: 300))"
            )
        }
    }
}
