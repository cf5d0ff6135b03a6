import ClusterModel

/// What happens to an instance on its node.
package enum InstanceEvent: Sendable {
    /// As the controller of this term wants it.
    case desired(DesiredInstance, epoch: Epoch = Epoch(0))
    /// The full set of what is wanted here does not contain it.
    case notWanted
    case finished(InstanceWork)
    /// The disks, as far as that went.
    case arranged(DiskReport)
    /// `lasting`: trying again can't help.
    case failed(InstanceWork, reason: String, lasting: Bool)
    case started(VMMProcess, address: String?, spawned: Duration)
    /// A VMM that could not be adopted answers now.
    case adopted(VMMProcess)
    /// How far its part in a migration has come.
    case migration(MigrationReport)
    case ended(VMMProcess, VMMExit)
    /// The same, while the node's guests are being shut down.
    case shutDownWithNode(VMMProcess)
    case tick
}

/// Work that takes time and of which one is under way at a time. All of it may be begun again after it was cut short.
package enum InstanceWork: String, Hashable, Sendable, CaseIterable {
    case fetchImage, makeDisk, makeSeed, startVMM
    /// Brings the disks to what the spec wants, whether the VMM runs or not.
    case arrangeDisks
    /// Takes away what a launch that failed has made; the record stays.
    case undo
    /// Takes away everything.
    case removeFiles
    /// Takes up what another node sends of it, until the guest stands still here.
    case receive
    /// Sends it to another node, until the guest stands still here.
    case send
    /// Lets a guest go on that stands still after a migration.
    case resume

    /// As a part of a sentence: "fetching the image failed".
    package var words: String {
        switch self {
        case .fetchImage: "fetching the image"
        case .makeDisk: "making the disk"
        case .makeSeed: "making the seed"
        case .startVMM: "starting the VMM"
        case .arrangeDisks: "arranging the disks"
        case .undo: "cleaning up"
        case .removeFiles: "removing its files"
        case .receive: "receiving it"
        case .send: "sending it"
        case .resume: "letting its guest go on"
        }
    }
}

/// What is to be done, in order.
package enum InstanceEffect: Hashable, Sendable {
    /// On disk before the next effect begins.
    case save(InstanceRecord)
    case begin(InstanceWork)
    /// Cut short what is under way; it then reports that it failed.
    case abandon(InstanceWork)
    case powerDown(VMMProcess)
    case kill(VMMProcess)
}
