import ClusterModel
import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// Builds a Debian image from Debian's own packages: cloud kernel, cloud-init, sshd and the guest's agent, on a disk that boots from BIOS.
package struct DebianImage: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let progress: @Sendable (String) -> Void

    package init(progress: @escaping @Sendable (String) -> Void) { self.progress = progress }

    package func build(to output: String) async throws {
        for (program, package) in Self.programs where access(program, R_OK) != 0 {
            throw Failure(
                description: "\(program) is missing; install it with: apt-get install mmdebstrap e2fsprogs grub-common grub-pc-bin qemu-utils"
            )
            .naming(package)
        }
        let work = "\(Self.temporaryDirectory)/berth-debian-\(getpid())"
        try DurableFile.makeDirectory(work, mode: 0o755)
        defer { try? FileManager.default.removeItem(atPath: work) }
        progress("installing Debian's packages")
        try await makeRoot(work)
        progress("making the disk")
        try DebianDisk(root: "\(work)/root.ext4", loader: try await loader(work)).write(to: "\(work)/disk.raw")
        progress("compressing")
        let part = "\(output).new"
        defer { unlink(part) }
        try await run("/usr/bin/qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", "\(work)/disk.raw", part)
        guard rename(part, output) == 0 else { throw Failure(description: "cannot write \(output): \(String(cString: strerror(errno)))") }
    }

    private static let programs = [
        ("/usr/bin/mmdebstrap", "mmdebstrap"), ("/usr/sbin/mke2fs", "e2fsprogs"), ("/usr/bin/grub-mkimage", "grub-common"),
        (DebianDisk.bootSector, "grub-pc-bin"), ("/usr/bin/qemu-img", "qemu-utils"),
    ]

    private static var temporaryDirectory: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp" }

    /// A file system with everything in it, made inside of mmdebstrap so that its owners are right without being root.
    private func makeRoot(_ work: String) async throws {
        let finish = "\(work)/finish"
        try DurableFile.write(Data(DebianRoot.finish.utf8), to: finish, mode: 0o644)
        let mirror = "http://deb.debian.org/debian"
        let sources = [
            "deb \(mirror) \(DebianRoot.release) main", "deb \(mirror) \(DebianRoot.release)-updates main",
            "deb http://deb.debian.org/debian-security \(DebianRoot.release)-security main",
        ]
        var words = ["--variant=minbase", "--format=null", "--include=\(DebianRoot.packages.joined(separator: ","))"]
        words += ["--aptopt=APT::Install-Recommends \"false\""] + DebianRoot.excluded.map { "--dpkgopt=path-exclude=\($0)" }
        words += ["--customize-hook=sh \(finish) \"$1\" \(work)/root.ext4 \(DebianRoot.mebibytes)", DebianRoot.release, "-"] + sources
        try await run("/usr/bin/mmdebstrap", words)
    }

    private func loader(_ work: String) async throws -> Data {
        let configuration = "\(work)/grub.cfg"
        try DurableFile.write(Data(DebianRoot.loaderConfiguration.utf8), to: configuration)
        let core = "\(work)/core.img"
        try await run(
            "/usr/bin/grub-mkimage",
            ["-O", "i386-pc", "-o", core, "-p", "/", "-c", configuration, "biosdisk", "part_msdos", "ext2", "linux", "search_label"])
        return try Data(contentsOf: URL(filePath: core))
    }

    private func run(_ program: String, _ words: String...) async throws { try await run(program, words) }

    private func run(_ program: String, _ words: [String]) async throws {
        let result = try await Subprocess.run(
            .path(FilePath(program)), arguments: Arguments(words), output: .discarded, error: .string(limit: 16 << 20))
        guard result.terminationStatus.isSuccess else {
            let lines = result.standardError.split(separator: "\n")
            let complaint = lines.last { $0.hasPrefix("E:") && !$0.contains("mmdebstrap failed to run") } ?? lines.last ?? ""
            let name = program.split(separator: "/").last.map(String.init) ?? program
            throw Failure(description: "\(name) failed: \(Printable(String(complaint), limit: 300))")
        }
    }
}

extension DebianImage.Failure {
    fileprivate func naming(_ package: String) -> Self { Self(description: "\(description) (it is in \(package))") }
}
