import ClusterModel

/// What a route asks of who calls it. Total, so that a new route can't be without: what is not allowed here is denied.
package enum RouteAccess: Hashable, Sendable {
    /// Of nobody anything.
    case open
    /// Only agents, each for its own node.
    case node
    /// An account, whatever its roles; the route itself says what of it.
    case signedIn
    /// A permission in the project of what the request is about.
    case project(Permission, Subject)
    case cluster(Permission)

    /// By what the project is known.
    package enum Subject: Hashable, Sendable {
        /// Everything that the caller may see, or of it the project that was asked for.
        case list
        /// The project that was asked for, or the caller's own.
        case asked
        /// The same, or the cluster where the image is to be public.
        case newImage
        case instance, image, key, operation, stream, project, volume, snapshot
    }
}

extension Route {
    package var access: RouteAccess {
        switch self {
        case .live, .ready, .version, .showAuthority, .joinNode: .open
        case .syncNode, .nodeStreamOutput, .nodeStreamInput, .imageContent, .instanceSeed, .takeExport, .renewCertificate: .node
        case .whoami, .listSizes, .listProjects, .listTokens, .createToken, .revokeToken: .signedIn
        case .listInstances, .listImages, .listKeys, .listOperations, .listEvents: .project(.view, .list)
        case .listServiceAccounts, .listGrants: .project(.manage, .list)
        case .listVolumes, .listSnapshots: .project(.view, .list)
        case .launchInstance, .importKey, .createVolume, .createSnapshot: .project(.use, .asked)
        case .showVolume: .project(.view, .volume)
        case .updateVolume, .deleteVolume, .attachVolume, .detachVolume: .project(.use, .volume)
        case .showSnapshot: .project(.view, .snapshot)
        case .deleteSnapshot, .restoreSnapshot, .exportSnapshot, .cloneSnapshot: .project(.use, .snapshot)
        case .importImage, .downloadImage: .project(.use, .newImage)
        case .createServiceAccount, .deleteServiceAccount: .project(.manage, .asked)
        // The rest of what they ask depends on the role that is given, so the route says it.
        case .grantRole, .revokeRole: .signedIn
        case .showInstance, .explainInstance: .project(.view, .instance)
        case .deleteInstance, .startInstance, .stopInstance, .rebootInstance, .updateInstance, .resizeInstance, .rebuildInstance:
            .project(.use, .instance)
        // A log needs no more; what else can be opened needs the right to use the instance, which the route says.
        case .openStream: .project(.view, .instance)
        case .streamOutput, .closeStream: .project(.view, .stream)
        case .streamInput: .project(.use, .stream)
        case .showImage: .project(.view, .image)
        case .deleteImage: .project(.use, .image)
        case .deleteKey: .project(.use, .key)
        case .showOperation: .project(.view, .operation)
        case .cancelOperation: .project(.use, .operation)
        case .showProject, .showQuota: .project(.view, .project)
        case .metrics, .cluster, .capacityHistory, .showRecovery, .listNodes, .showNode: .cluster(.inspect)
        case .holdRecovery, .resumeRecovery, .cordonNode, .uncordonNode, .drainNode, .confirmDeadNode, .removeNode,
            .createJoinToken, .revokeNode:
            .cluster(.operate)
        case .migrateInstance, .adoptInstance, .destroyInstance, .createSize, .deleteSize: .cluster(.operate)
        case .backupCluster, .createProject, .deleteProject, .setQuota, .listUsers, .createUser, .deleteUser, .listAudit, .verifyAudit:
            .cluster(.administer)
        }
    }

    /// Whether `?project=` says which project is meant.
    package var takesProject: Bool {
        if template.contains("{instance}") { return true }
        if case .project(_, let subject) = access { return subject != .project }
        return false
    }
}
