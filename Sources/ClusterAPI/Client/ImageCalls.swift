import ClusterModel
import FoundationEssentials

extension APIClient {
    package func images() -> PagedList<Image> { PagedList(client: self, route: .listImages, query: [:]) }
    /// `image` is a name, an id or a digest.
    package func image(_ image: String) async throws -> Image { try await get(.showImage, Route.showImage.path(image)) }
    package func delete(image: String) async throws { try await changeIgnoringAnswer(.deleteImage, Route.deleteImage.path(image)) }

    /// Sends a file, however long that takes; `progress` is told the bytes sent and all there are.
    package func importImage(
        name: Name, format: Image.Format, architecture: Architecture, file: String, progress: (@Sendable (Int64, Int64) -> Void)? = nil
    ) async throws -> Image {
        let query: Query = ["name": name.text, "format": format.rawValue, "architecture": architecture.rawValue]
        var request = request(.importImage, Route.importImage.path(), query, timeout: nil)
        request.body = .file(path: file)
        request.progress = progress
        return try await decoded(once(request))
    }
}
