import ClusterModel
import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// Builds the tiny image from Debian's own kernel and busybox: an image of format `linux` that boots in seconds and needs 128 MiB.
/// The same packages give the same bytes.
package struct TinyImage: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let cache: String
    private let architecture: Architecture
    private let hasGuestAgent: Bool
    private let progress: @Sendable (String) -> Void

    /// `cache` keeps the packages, so that a second build downloads nothing.
    package init(
        cache: String, architecture: Architecture = MachineFacts.architecture(), guestAgent: Bool = false,
        progress: @escaping @Sendable (String) -> Void
    ) {
        self.cache = cache
        hasGuestAgent = guestAgent
        self.architecture = architecture
        self.progress = progress
    }

    package func build(to output: String) async throws {
        try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
        let kernelPackage = try await package(of: try await kernelName())
        let busyboxPackage = try await package(of: "busybox-static")
        let work = "\(cache)/unpack-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: work) }
        progress("unpacking")
        try await unpack(kernelPackage, into: "\(work)/kernel")
        try await unpack(busyboxPackage, into: "\(work)/busybox")
        for name in hasGuestAgent ? TinyAgent.packages : [] { try await unpack(try await package(of: name), into: "\(work)/agent") }
        progress("packing the initramfs")
        let initrd = try await initrd(work)
        try write(kernel: try kernel(work), initrd: initrd, to: output)
        progress("built \(output)")
    }

    private var modules: [String] { TinyInit.modules(of: architecture, guestAgent: hasGuestAgent) }

    private var packages: ForeignPackages { ForeignPackages(of: architecture, cache: cache) }

    /// The package that the metapackage stands for today.
    private func kernelName() async throws -> String {
        let meta = "linux-image-cloud-\(packages.name)"
        try await packages.prepare { progress("asking for the packages of \(packages.name)") }
        let text = try await run("apt-cache", packages.options + ["depends", meta])
        let words = text.split { $0 == " " || $0 == "\n" }
        guard let mark = words.firstIndex(of: "Depends:"), mark + 1 < words.endIndex else {
            throw Failure(description: "apt knows no package \(meta); run: apt-get update")
        }
        return String(words[mark + 1])
    }

    /// The path of the package's file, downloaded unless it is there.
    private func package(of name: String) async throws -> String {
        let words = try await run("apt-get", packages.options + ["download", "--print-uris", name]).split(separator: " ")
        guard words.count >= 3, let size = Int(words[2]) else {
            throw Failure(description: "apt does not say where package \(name) is; run: apt-get update")
        }
        let path = "\(cache)/\(words[1])"
        var status = stat()
        if stat(path, &status) == 0, Int(status.st_size) == size { return path }
        progress("downloading \(name)")
        _ = try await run("apt-get", packages.options + ["download", "-o", "APT::Sandbox::User=root", name], in: cache)
        guard stat(path, &status) == 0, Int(status.st_size) == size else {
            throw Failure(description: "apt did not download \(words[1]) whole; try again")
        }
        return path
    }

    private func unpack(_ package: String, into directory: String) async throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        _ = try await run("dpkg-deb", "--extract", package, directory)
    }

    private func kernel(_ work: String) throws -> Data {
        let boot = "\(work)/kernel/boot"
        guard let name = try FileManager.default.contentsOfDirectory(atPath: boot).sorted().first(where: { $0.hasPrefix("vmlinuz-") }) else {
            throw Failure(description: "the kernel's package holds no vmlinuz")
        }
        return try Data(contentsOf: URL(filePath: "\(boot)/\(name)"))
    }

    private func initrd(_ work: String) async throws -> Data {
        var archive = NewASCIIArchive()
        for directory in TinyInit.directories { archive.add(directory: directory) }
        archive.add(file: "init", Data(TinyInit.script.utf8), isExecutable: true)
        archive.add(file: "bin/busybox", try Data(contentsOf: URL(filePath: "\(work)/busybox/bin/busybox")), isExecutable: true)
        if hasGuestAgent { try TinyAgent.add(to: &archive, from: "\(work)/agent", architecture) }
        archive.add(file: "modules/order", Data(modules.map { "\($0)\n" }.joined().utf8))
        let found = try paths(of: modules, under: "\(work)/kernel/lib/modules")
        for module in modules {
            guard let path = found[module] else { throw Failure(description: "the kernel's package holds no module \(module)") }
            archive.add(file: "modules/\(module).ko", try await content(ofModule: path))
        }
        archive.finish()
        let plain = "\(work)/initrd"
        try archive.bytes.write(to: URL(filePath: plain))
        _ = try await run("gzip", "--no-name", "-9", plain)
        return try Data(contentsOf: URL(filePath: "\(plain).gz"))
    }

    /// Paths of the modules that are asked for, by name.
    private func paths(of modules: [String], under root: String) throws -> [String: String] {
        var found: [String: String] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: root) {
            guard let file = path.split(separator: "/").last, let name = file.split(separator: ".").first, file.contains(".ko") else { continue }
            if modules.contains(String(name)) { found[String(name)] = "\(root)/\(path)" }
        }
        return found
    }

    private func content(ofModule path: String) async throws -> Data {
        guard path.hasSuffix(".xz") else { return try Data(contentsOf: URL(filePath: path)) }
        _ = try await run("xz", "--decompress", path)
        return try Data(contentsOf: URL(filePath: String(path.dropLast(3))))
    }

    /// Appears whole, or not at all.
    private func write(kernel: Data, initrd: Data, to output: String) throws {
        var image = Data()
        for (name, content) in [("kernel", kernel), ("initrd", initrd)] {
            image += LinuxImage.header(name: name, size: content.count) + content + LinuxImage.padding(after: content.count)
        }
        image += Data(count: 1024)
        try DurableFile.write(image, to: output, mode: 0o644)
    }

    private func run(_ program: String, _ arguments: String...) async throws -> String { try await run(program, arguments) }

    private func run(_ program: String, _ arguments: [String], in directory: String? = nil) async throws -> String {
        let result: ExecutionResult<Void, StringOutput<UTF8>, StringOutput<UTF8>>
        do {
            result = try await Subprocess.run(
                .name(program), arguments: Arguments(arguments), workingDirectory: directory.map { FilePath($0) }, output: .string(limit: 1 << 20),
                error: .string(limit: 1 << 20))
        } catch { throw Failure(description: "cannot run \(program); install it with: apt-get install apt dpkg gzip xz-utils") }
        guard result.terminationStatus.isSuccess else {
            let complaint = result.standardError.split(separator: "\n").last ?? ""
            throw Failure(description: "\(program) failed: \(Printable(String(complaint), limit: 300))")
        }
        return result.standardOutput
    }
}
