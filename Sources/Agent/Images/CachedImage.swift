import ClusterModel

/// An image as it lies in the cache, checked.
package enum CachedImage: Hashable, Sendable {
    case linux(kernel: String, initrd: String)
    case disk(path: String, format: Image.Format, virtualBytes: Int64)
}
