import ClusterModel

/// A place where a node keeps volumes. One that several nodes share would be another implementation. All of its work may be begun again after
/// it was cut short, and leaves either the whole of a volume or nothing.
package protocol VolumePool: Sendable {
    var name: Name { get }
    /// Makes it usable, and says why it is not.
    func open() throws(WorkFailure)
    func report() -> StoragePool
    /// What QEMU opens.
    func path(of place: VolumePlace) -> String
    /// Every volume whose data is here, in the order of their ids.
    func places() -> [VolumePlace]
    /// Nil where there is no such volume.
    func state(of place: VolumePlace) -> VolumeFileState?
    /// An empty one; what is there is left as it is.
    func make(_ place: VolumePlace, size: MiB) async throws(WorkFailure)
    /// With the content of a file that nobody writes to meanwhile.
    func make(_ place: VolumePlace, size: MiB, copyOf path: String, format: VolumeFormat) async throws(WorkFailure)
    /// Of a volume that no VMM has open.
    func grow(_ place: VolumePlace, to size: MiB) async throws(WorkFailure)
    func delete(_ place: VolumePlace) async throws(WorkFailure)
}

package struct VolumeFileState: Hashable, Sendable {
    /// As a guest sees it.
    package var size: MiB
    /// On the node's disk.
    package var used: MiB
}
