import ClusterModel

/// The idempotency key of a request: it stays the same through every retry.
struct RequestKey: Hashable {
    var client: Int
    var number: Int
}

struct ClientRequest {
    enum What {
        case launch(Name, recovery: RecoveryPolicy, ephemeral: Bool, priority: Int, apart: Name?, queue: Bool, restart: RestartPolicy)
        case launchWorkload(ClusterLoss.Workload)
        case stop(Name, force: Bool)
        case start(Name)
        case reboot(Name)
        case delete(Name)
        case cancel(OperationID)
        case cordon(Name)
        case uncordon(Name)
        case removeNode(Name)
        case drain(Name, stop: Bool)
        case confirmDead(Name)
        case resumeRecovery
        case adopt(InstanceID)
        case destroy(InstanceID)
    }

    var key: RequestKey
    var what: What
}

/// What a client is told.
enum ClientAnswer: Hashable {
    /// A 2xx, and so durable.
    case done(instance: InstanceID?, operation: OperationID?)
    case refused(ErrorBody.Code)

    /// It may be tried again under the same key.
    var isPassing: Bool {
        switch self {
        case .done: false
        case .refused(let code): [.unavailable, .timeout, .storageFull, .tooManyRequests, .internal].contains(code)
        }
    }
}
