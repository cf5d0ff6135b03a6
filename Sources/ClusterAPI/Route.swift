/// Every route of the controller, once: the server registers from here, the client asks by it, and a test holds `docs/openapi.yaml` against it.
package enum Route: String, CaseIterable, Sendable {
    case live, ready, metrics, version, cluster, backupCluster, showRecovery, holdRecovery, resumeRecovery, capacityHistory
    case listInstances, launchInstance, showInstance, deleteInstance, startInstance, stopInstance, rebootInstance, explainInstance
    case adoptInstance, destroyInstance
    case listNodes, showNode, cordonNode, uncordonNode, drainNode, confirmDeadNode, removeNode, syncNode
    case listSizes, createSize, deleteSize
    case listImages, showImage, importImage, downloadImage, deleteImage, imageContent
    case updateInstance, migrateInstance
    case resizeInstance, rebuildInstance
    case listVolumes, createVolume, showVolume, updateVolume, deleteVolume, attachVolume, detachVolume
    case listSnapshots, createSnapshot, showSnapshot, deleteSnapshot, restoreSnapshot, exportSnapshot, cloneSnapshot, takeExport
    case listKeys, importKey, deleteKey, instanceSeed
    case listOperations, showOperation, cancelOperation
    case listEvents
    case whoami, listProjects, createProject, showProject, deleteProject, showQuota, setQuota
    case listUsers, createUser, deleteUser, listServiceAccounts, createServiceAccount, deleteServiceAccount
    case listGrants, grantRole, revokeRole, listTokens, createToken, revokeToken, listAudit, verifyAudit
    case showAuthority, createJoinToken, joinNode, renewCertificate, revokeNode
    case openStream, streamOutput, streamInput, closeStream, nodeStreamOutput, nodeStreamInput

    package enum Method: String, Sendable { case get = "GET", post = "POST", put = "PUT", delete = "DELETE" }

    package var method: Method { endpoint.0 }

    /// The path with its parameters in braces: `/v1/instances/{instance}`.
    package var template: String { endpoint.1 }

    private var endpoint: (Method, String) {
        switch self {
        case .live: (.get, "/livez")
        case .ready: (.get, "/readyz")
        case .metrics: (.get, "/metrics")
        case .version: (.get, "/v1/version")
        case .cluster: (.get, "/v1/cluster")
        case .backupCluster: (.get, "/v1/cluster/backup")
        case .showRecovery: (.get, "/v1/cluster/recovery")
        case .holdRecovery: (.post, "/v1/cluster/recovery/hold")
        case .resumeRecovery: (.post, "/v1/cluster/recovery/resume")
        case .capacityHistory: (.get, "/v1/capacity/history")
        case .listInstances: (.get, "/v1/instances")
        case .launchInstance: (.post, "/v1/instances")
        case .showInstance: (.get, "/v1/instances/{instance}")
        case .deleteInstance: (.delete, "/v1/instances/{instance}")
        case .startInstance: (.post, "/v1/instances/{instance}/start")
        case .stopInstance: (.post, "/v1/instances/{instance}/stop")
        case .rebootInstance: (.post, "/v1/instances/{instance}/reboot")
        case .explainInstance: (.get, "/v1/instances/{instance}/explanation")
        case .adoptInstance: (.post, "/v1/instances/{instance}/adopt")
        case .destroyInstance: (.post, "/v1/instances/{instance}/destroy")
        case .listNodes: (.get, "/v1/nodes")
        case .showNode: (.get, "/v1/nodes/{node}")
        case .cordonNode: (.post, "/v1/nodes/{node}/cordon")
        case .uncordonNode: (.post, "/v1/nodes/{node}/uncordon")
        case .drainNode: (.post, "/v1/nodes/{node}/drain")
        case .confirmDeadNode: (.post, "/v1/nodes/{node}/confirm-dead")
        case .removeNode: (.delete, "/v1/nodes/{node}")
        case .syncNode: (.post, "/v1/nodes/{node}/sync")
        case .listSizes: (.get, "/v1/sizes")
        case .createSize: (.post, "/v1/sizes")
        case .deleteSize: (.delete, "/v1/sizes/{size}")
        case .listImages: (.get, "/v1/images")
        case .showImage: (.get, "/v1/images/{image}")
        case .importImage: (.post, "/v1/images")
        case .downloadImage: (.post, "/v1/images/download")
        case .deleteImage: (.delete, "/v1/images/{image}")
        case .imageContent: (.get, "/v1/images/{image}/content")
        case .updateInstance: (.put, "/v1/instances/{instance}")
        case .resizeInstance: (.post, "/v1/instances/{instance}/resize")
        case .rebuildInstance: (.post, "/v1/instances/{instance}/rebuild")
        case .listVolumes: (.get, "/v1/volumes")
        case .createVolume: (.post, "/v1/volumes")
        case .showVolume: (.get, "/v1/volumes/{volume}")
        case .updateVolume: (.put, "/v1/volumes/{volume}")
        case .deleteVolume: (.delete, "/v1/volumes/{volume}")
        case .attachVolume: (.post, "/v1/volumes/{volume}/attach")
        case .detachVolume: (.post, "/v1/volumes/{volume}/detach")
        case .listSnapshots: (.get, "/v1/snapshots")
        case .createSnapshot: (.post, "/v1/snapshots")
        case .showSnapshot: (.get, "/v1/snapshots/{snapshot}")
        case .deleteSnapshot: (.delete, "/v1/snapshots/{snapshot}")
        case .restoreSnapshot: (.post, "/v1/snapshots/{snapshot}/restore")
        case .exportSnapshot: (.post, "/v1/snapshots/{snapshot}/export")
        case .cloneSnapshot: (.post, "/v1/snapshots/{snapshot}/clone")
        case .takeExport: (.post, "/v1/instances/{instance}/snapshots/{snapshot}/image")
        case .migrateInstance: (.post, "/v1/instances/{instance}/migrate")
        case .listKeys: (.get, "/v1/keys")
        case .importKey: (.post, "/v1/keys")
        case .deleteKey: (.delete, "/v1/keys/{key}")
        case .instanceSeed: (.get, "/v1/instances/{instance}/seed")
        case .listOperations: (.get, "/v1/operations")
        case .showOperation: (.get, "/v1/operations/{operation}")
        case .cancelOperation: (.post, "/v1/operations/{operation}/cancel")
        case .listEvents: (.get, "/v1/events")
        case .whoami: (.get, "/v1/whoami")
        case .listProjects: (.get, "/v1/projects")
        case .createProject: (.post, "/v1/projects")
        case .showProject: (.get, "/v1/projects/{project}")
        case .deleteProject: (.delete, "/v1/projects/{project}")
        case .showQuota: (.get, "/v1/projects/{project}/quota")
        case .setQuota: (.put, "/v1/projects/{project}/quota")
        case .listUsers: (.get, "/v1/users")
        case .createUser: (.post, "/v1/users")
        case .deleteUser: (.delete, "/v1/users/{user}")
        case .listServiceAccounts: (.get, "/v1/service-accounts")
        case .createServiceAccount: (.post, "/v1/service-accounts")
        case .deleteServiceAccount: (.delete, "/v1/service-accounts/{account}")
        case .listGrants: (.get, "/v1/grants")
        case .grantRole: (.post, "/v1/grants")
        case .revokeRole: (.post, "/v1/grants/revoke")
        case .listTokens: (.get, "/v1/tokens")
        case .createToken: (.post, "/v1/tokens")
        case .revokeToken: (.delete, "/v1/tokens/{token}")
        case .listAudit: (.get, "/v1/audit")
        case .verifyAudit: (.get, "/v1/audit/verification")
        case .showAuthority: (.get, "/v1/authority")
        case .createJoinToken: (.post, "/v1/join-tokens")
        case .joinNode: (.post, "/v1/join")
        case .renewCertificate: (.post, "/v1/nodes/{node}/certificate")
        case .revokeNode: (.post, "/v1/nodes/{node}/revoke")
        case .openStream: (.post, "/v1/instances/{instance}/streams")
        case .streamOutput: (.get, "/v1/streams/{stream}/output")
        case .streamInput: (.post, "/v1/streams/{stream}/input")
        case .closeStream: (.delete, "/v1/streams/{stream}")
        case .nodeStreamOutput: (.post, "/v1/nodes/{node}/streams/{stream}/output")
        case .nodeStreamInput: (.get, "/v1/nodes/{node}/streams/{stream}/input")
        }
    }

    /// The path with its parameters filled in, in order, each percent-encoded as one segment.
    package func path(_ parameters: String...) -> String {
        var remaining = parameters[...]
        return template.split(separator: "/").map { segment in
            guard segment.hasPrefix("{") else { return "/" + segment }
            guard let value = remaining.popFirst() else { preconditionFailure("\(self) needs one more parameter") }
            return "/" + PercentEncoding.encode(value)
        }.joined()
    }
}

package enum PercentEncoding {
    /// Everything but RFC 3986's unreserved characters is escaped, so a value never adds a segment or a query.
    package static func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                encoded += byte < 16 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return encoded
    }
}
