import ClusterModel
import FoundationEssentials

extension APIClient {
    package func images() -> PagedList<Image> { PagedList(client: self, route: .listImages, query: [:]) }
    /// `image` is a name, an id or a digest.
    package func image(_ image: String) async throws -> Image { try await get(.showImage, Route.showImage.path(image)) }
    package func delete(image: String) async throws { try await changeIgnoringAnswer(.deleteImage, Route.deleteImage.path(image)) }

    /// Sends the bytes of `body`, however long that takes.
    package func importImage(name: Name, format: Image.Format, architecture: Architecture, body: HTTPRequest.Body) async throws -> Image {
        let query: Query = ["name": name.text, "format": format.rawValue, "architecture": architecture.rawValue]
        var request = request(.importImage, Route.importImage.path(), query, timeout: nil)
        request.body = body
        return try await decoded(once(request))
    }
}
