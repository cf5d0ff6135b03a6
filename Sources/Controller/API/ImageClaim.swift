import ClusterAPI
import ClusterModel

/// What whoever imports an image says of it.
struct ImageClaim: Sendable {
    static let parameters = ["name", "format", "architecture", "digest", "minimumDisk", "version", "os", "cloudInit", "public"]

    var name: Name
    var format: Image.Format
    var architecture: Architecture
    /// Of the bytes that are sent.
    var digest: Digest?
    var minimumDisk: MiB
    var version: String?
    var os: String?
    var cloudInit: Image.CloudInit?

    init(name: Name, format: Image.Format, architecture: Architecture) {
        self.name = name
        self.format = format
        self.architecture = architecture
        minimumDisk = .zero
    }

    init(_ query: Query) throws(ErrorBody) {
        guard let name = try query.name("name") else { throw ErrorBody(code: .invalid, message: "name: a name for the image is missing.") }
        guard let format = try query.word("format", Image.Format.self) else {
            throw ErrorBody(code: .invalid, message: "format: one of \(Image.Format.allCases.map(\.rawValue).joined(separator: ", ")) is missing.")
        }
        self.name = name
        self.format = format
        architecture = try query.word("architecture", Architecture.self) ?? .x86_64
        minimumDisk = MiB(try query.integer("minimumDisk", in: 0...Resources.maximumAmount) ?? 0)
        if let text = query["digest"] {
            guard let digest = Digest(hex: text) else {
                throw ErrorBody(code: .invalid, message: "digest: 64 lower-case hexadecimal digits are expected.")
            }
            self.digest = digest
        }
        version = try Self.line("version", query)
        os = try Self.line("os", query)
        cloudInit = try query.word("cloudInit", Image.CloudInit.self)
    }

    private static func line(_ name: String, _ query: Query) throws(ErrorBody) -> String? {
        guard let text = query[name], !text.isEmpty else { return nil }
        guard text.utf8.count <= 64, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw ErrorBody(code: .invalid, message: "\(name): at most 64 bytes without control characters are allowed.")
        }
        return text
    }

    func image(_ received: ImageLibrary.Received, of project: Name?) -> Image {
        Image(
            id: .random(), name: name, digest: received.digest, format: format, architecture: architecture, bytes: received.bytes,
            minimumDisk: max(minimumDisk, MiB((received.virtualBytes + (1 << 20) - 1) >> 20)), createdAt: .now,
            sourceDigest: received.sourceDigest, version: version, os: os, cloudInit: cloudInit, project: project)
    }
}
