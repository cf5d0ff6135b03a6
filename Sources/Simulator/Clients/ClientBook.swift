import ClusterModel

/// What a client knows of one of its instances: the oracle that the ledger is held against.
struct KnownInstance {
    /// Ways in which the ledger may have it.
    struct Possible: OptionSet, Hashable {
        let rawValue: Int
        static let absent = Possible(rawValue: 1)
        static let running = Possible(rawValue: 2)
        static let stopped = Possible(rawValue: 4)
        static let deleted = Possible(rawValue: 8)

        init(rawValue: Int) { self.rawValue = rawValue }

        init(_ desired: DesiredState?) {
            self =
                switch desired {
                case nil: .absent
                case .running: .running
                case .stopped: .stopped
                case .deleted: .deleted
                }
        }
    }

    let name: Name
    var id: InstanceID?
    var launch: OperationID?
    var isBusy = true
    /// By what was acknowledged last, and by what may still be under way.
    var possible: Possible = [.absent]
    /// Of requests whose fate was never told: a copy of them may arrive at any time.
    var late: Possible = []

    var isOver: Bool { possible.isSubset(of: [.absent, .deleted]) }
}

/// A request that is not settled for its client.
struct OpenRequest {
    var request: ClientRequest
    /// The instance that it is about.
    var name: Name?
    var attempt = 1
    /// What the ledger has when it is done.
    var result: KnownInstance.Possible = []
    var before: KnownInstance.Possible = []
}
