import ClusterAPI
import ClusterModel

/// What each route answers to whom, written down apart from the code that decides it.
enum AccessTable {
    enum Kind: Sendable {
        /// 200 for nobody, too.
        case open
        /// For agents alone.
        case node
        case signedIn
        /// In the project of the thing, for these roles.
        case project([Role])
        /// Of the cluster, for these roles.
        case cluster([Role])
    }

    struct Row: Sendable {
        var route: Route
        var kind: Kind
        /// In braces what `Things` fills in.
        var target: String
        var body: String?
        /// The status where it is allowed: most requests are such that they then fail or change nothing. Nil where that would take long.
        var allowed: Int?

        init(_ route: Route, _ kind: Kind, _ target: String, _ allowed: Int?, _ body: String? = nil) {
            self.route = route
            self.kind = kind
            self.target = target
            self.allowed = allowed
            self.body = body
        }
    }

    private static let view: Kind = .project([.viewer, .tenant, .tenantAdmin, .operator, .planner, .admin])
    private static let use: Kind = .project([.tenant, .tenantAdmin, .admin])
    private static let manage: Kind = .project([.tenantAdmin, .admin])
    private static let inspect: Kind = .cluster([.operator, .planner, .admin])
    private static let operate: Kind = .cluster([.operator, .admin])
    private static let administer: Kind = .cluster([.admin])

    static let rows: [Row] = [
        Row(.live, .open, "/livez", 200), Row(.ready, .open, "/readyz", 200), Row(.version, .open, "/v1/version", 200),
        Row(.metrics, inspect, "/metrics", 200), Row(.cluster, inspect, "/v1/cluster", 200),
        Row(.capacityHistory, inspect, "/v1/capacity/history", 200),
        Row(.backupCluster, administer, "/v1/cluster/backup?x=1", 400), Row(.showRecovery, inspect, "/v1/cluster/recovery", 200),
        Row(.holdRecovery, operate, "/v1/cluster/recovery/hold?x=1", 400), Row(.resumeRecovery, operate, "/v1/cluster/recovery/resume?x=1", 400),
        Row(.listInstances, view, "/v1/instances?project={project}", 200),
        Row(.launchInstance, use, "/v1/instances?project={project}", 400, #"{"count": 0}"#),
        Row(.showInstance, view, "/v1/instances/{instance}", 200), Row(.showInstance, view, "/v1/instances/web?project={project}", 200),
        Row(.deleteInstance, use, "/v1/instances/{instance}", 409), Row(.deleteInstance, use, "/v1/instances/web?project={project}", 409),
        Row(.startInstance, use, "/v1/instances/{instance}/start", 200), Row(.stopInstance, use, "/v1/instances/{instance}/stop?x=1", 400),
        Row(.rebootInstance, use, "/v1/instances/{instance}/reboot?x=1", 400),
        Row(.explainInstance, view, "/v1/instances/{instance}/explanation", 200),
        Row(.updateInstance, use, "/v1/instances/{instance}", 400, "[]"),
        Row(.resizeInstance, use, "/v1/instances/{instance}/resize?x=1", 400),
        Row(.rebuildInstance, use, "/v1/instances/{instance}/rebuild?x=1", 400),
        Row(.listVolumes, view, "/v1/volumes?project={project}", 200), Row(.createVolume, use, "/v1/volumes?project={project}", 400, "[]"),
        Row(.showVolume, view, "/v1/volumes/{volume}", 200), Row(.updateVolume, use, "/v1/volumes/{volume}?x=1", 400),
        Row(.deleteVolume, use, "/v1/volumes/{volume}?x=1", 400), Row(.attachVolume, use, "/v1/volumes/{volume}/attach?x=1", 400),
        Row(.detachVolume, use, "/v1/volumes/{volume}/detach", 409),
        Row(.listSnapshots, view, "/v1/snapshots?project={project}", 200), Row(.createSnapshot, use, "/v1/snapshots?project={project}", 400, "[]"),
        Row(.showSnapshot, view, "/v1/snapshots/{snapshot}", 200), Row(.deleteSnapshot, use, "/v1/snapshots/{snapshot}?x=1", 400),
        Row(.restoreSnapshot, use, "/v1/snapshots/{snapshot}/restore?x=1", 400),
        Row(.exportSnapshot, use, "/v1/snapshots/{snapshot}/export?x=1", 400),
        Row(.cloneSnapshot, use, "/v1/snapshots/{snapshot}/clone?x=1", 400),
        Row(.takeExport, .node, "/v1/instances/{instance}/snapshots/{snapshot}/image", nil),
        Row(.migrateInstance, operate, "/v1/instances/{instance}/migrate", 400, "[]"),
        Row(.adoptInstance, operate, "/v1/instances/{instance}/adopt", 409), Row(.destroyInstance, operate, "/v1/instances/{instance}/destroy", 409),
        Row(.listNodes, inspect, "/v1/nodes", 200), Row(.showNode, inspect, "/v1/nodes/n1", 200),
        Row(.cordonNode, operate, "/v1/nodes/n1/cordon?x=1", 400), Row(.uncordonNode, operate, "/v1/nodes/n1/uncordon?x=1", 400),
        Row(.drainNode, operate, "/v1/nodes/n1/drain?x=1", 400), Row(.confirmDeadNode, operate, "/v1/nodes/n1/confirm-dead?x=1", 400),
        Row(.removeNode, operate, "/v1/nodes/n1?x=1", 400), Row(.syncNode, .node, "/v1/nodes/x/sync", nil),
        Row(.listSizes, .signedIn, "/v1/sizes", 200), Row(.createSize, operate, "/v1/sizes", 400, "[]"),
        Row(.deleteSize, operate, "/v1/sizes/tiny?x=1", 400), Row(.listImages, view, "/v1/images?project={project}", 200),
        Row(.showImage, view, "/v1/images/{image}", 200), Row(.showImage, view, "/v1/images/own?project={project}", 200),
        Row(.importImage, use, "/v1/images?project={project}", 400, "x"),
        Row(.importImage, operate, "/v1/images?public=1", 400, "x"), Row(.downloadImage, use, "/v1/images/download?project={project}", 400),
        Row(.deleteImage, use, "/v1/images/{image}", 409), Row(.deleteImage, operate, "/v1/images/tiny?x=1", 400),
        Row(.imageContent, .node, "/v1/images/{image}/content", nil), Row(.instanceSeed, .node, "/v1/instances/{instance}/seed", nil),
        Row(.listKeys, view, "/v1/keys?project={project}", 200), Row(.importKey, use, "/v1/keys?project={project}", 400, "[]"),
        Row(.deleteKey, use, "/v1/keys/laptop?project={project}&x=1", 400),
        Row(.listOperations, view, "/v1/operations?project={project}", 200), Row(.showOperation, view, "/v1/operations/{operation}", 200),
        Row(.cancelOperation, use, "/v1/operations/{operation}/cancel?x=1", 400), Row(.listEvents, view, "/v1/events?project={project}", 200),
        Row(.openStream, view, "/v1/instances/{instance}/streams?x=1", 400),
        Row(.openStream, use, "/v1/instances/{instance}/streams", nil, #"{"source": {"console": {}}}"#),
        Row(.nodeStreamOutput, .node, "/v1/nodes/x/streams/y/output", nil), Row(.nodeStreamInput, .node, "/v1/nodes/x/streams/y/input", nil),
        Row(.whoami, .signedIn, "/v1/whoami", 200), Row(.listProjects, .signedIn, "/v1/projects", 200),
        Row(.createProject, administer, "/v1/projects", 400, "[]"), Row(.showProject, view, "/v1/projects/{project}", 200),
        Row(.deleteProject, administer, "/v1/projects/{project}?x=1", 400), Row(.showQuota, view, "/v1/projects/{project}/quota", 200),
        Row(.setQuota, administer, "/v1/projects/{project}/quota", 200, "{}"), Row(.listUsers, administer, "/v1/users", 200),
        Row(.createUser, administer, "/v1/users", 400, "[]"), Row(.deleteUser, administer, "/v1/users/x?x=1", 400),
        Row(.listServiceAccounts, manage, "/v1/service-accounts?project={project}", 200),
        Row(.createServiceAccount, manage, "/v1/service-accounts?project={project}", 400, "[]"),
        Row(.deleteServiceAccount, manage, "/v1/service-accounts/ci?project={project}&x=1", 400),
        Row(.listGrants, manage, "/v1/grants?project={project}", 200),
        Row(.grantRole, manage, "/v1/grants", 200, #"{"account": "nobody-yet", "role": "viewer", "project": "{project}"}"#),
        Row(.grantRole, administer, "/v1/grants", 200, #"{"account": "nobody-yet", "role": "planner"}"#),
        Row(.revokeRole, manage, "/v1/grants/revoke", 404, #"{"account": "nobody-yet", "role": "tenant", "project": "{project}"}"#),
        Row(.listTokens, .signedIn, "/v1/tokens", 200), Row(.createToken, .signedIn, "/v1/tokens?x=1", 400),
        Row(.createToken, .signedIn, "/v1/tokens", 404, #"{"account": "shop/none"}"#),
        Row(.revokeToken, .signedIn, "/v1/tokens/00000000-0000-4000-8000-000000000001", 404),
        Row(.listAudit, administer, "/v1/audit", 200), Row(.verifyAudit, administer, "/v1/audit/verification", 200),
        Row(.createJoinToken, operate, "/v1/join-tokens", 409, "[]"), Row(.revokeNode, operate, "/v1/nodes/n1/revoke?x=1", 400),
        // Who has neither token nor certificate joins by them; a controller with TLS answers them in its own tests.
        Row(.showAuthority, .node, "/v1/authority", nil), Row(.joinNode, .node, "/v1/join", nil),
        Row(.renewCertificate, .node, "/v1/nodes/x/certificate", nil),
        Row(.streamOutput, view, "/v1/streams/{stream}/output?x=1", nil), Row(.streamInput, use, "/v1/streams/{stream}/input", nil),
        Row(.closeStream, view, "/v1/streams/{stream}", nil),
    ]
}
