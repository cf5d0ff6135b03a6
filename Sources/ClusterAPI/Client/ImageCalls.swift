import ClusterModel
import FoundationEssentials

/// What is said of an image when it is imported.
package struct ImageDescription: Hashable, Sendable {
    package var name: Name
    package var format: Image.Format
    package var architecture: Architecture
    /// The SHA-256 that its bytes must have.
    package var digest: Digest?
    package var minimumDisk: MiB?
    package var version: String?
    package var os: String?
    package var cloudInit: Image.CloudInit?
    /// Everybody's, and of no project.
    package var isPublic = false

    package init(name: Name, format: Image.Format, architecture: Architecture) {
        self.name = name
        self.format = format
        self.architecture = architecture
    }

    var query: Query {
        [
            "name": name.text, "format": format.rawValue, "architecture": architecture.rawValue, "digest": digest?.hex,
            "minimumDisk": minimumDisk.map { "\($0.count)" }, "version": version, "os": os, "cloudInit": cloudInit?.rawValue,
            "public": isPublic ? "1" : nil,
        ]
    }
}

extension APIClient {
    package func images() -> PagedList<Image> { PagedList(client: self, route: .listImages, query: [:]) }
    /// `image` is a name, an id or a digest.
    package func image(_ image: String) async throws -> Image { try await get(.showImage, Route.showImage.path(image)) }
    package func delete(image: String) async throws { try await changeIgnoringAnswer(.deleteImage, Route.deleteImage.path(image)) }

    /// Sends a file, however long that takes; `progress` is told the bytes sent and all there are.
    package func importImage(
        _ description: ImageDescription, file: String, progress: (@Sendable (Int64, Int64) -> Void)? = nil
    ) async throws -> Image {
        var request = request(.importImage, Route.importImage.path(), description.query, timeout: nil)
        request.body = .file(path: file)
        request.progress = progress
        return try await decoded(once(request))
    }

    /// Has the controller fetch it; `progress` is told what has arrived there, and all there is where the source says it.
    package func downloadImage(
        _ description: ImageDescription, url: String, progress: (@Sendable (Int64, Int64?) -> Void)? = nil
    ) async throws -> Image {
        let request = request(.downloadImage, Route.downloadImage.path(), description.query + ["url": url], timeout: .seconds(60))
        var parser = ServerSentEventParser()
        for try await piece in try await stream(request) {
            for event in try parser.parse(piece) {
                let data = Data(event.data.utf8)
                switch event.name {
                case "progress":
                    let told = try WireJSON.decode(ImageProgress.self, from: data)
                    progress?(told.received, told.total)
                case "image": return try WireJSON.decode(Image.self, from: data)
                case "error": throw try WireJSON.decode(ErrorAnswer.self, from: data).error
                default: break
                }
            }
        }
        throw MalformedAnswer(status: 200, why: "the download's events ended without a result")
    }
}
