import ArgumentParser
import ClusterAPI
import ClusterModel

/// What `launch` says about an instance.
package struct LaunchOptions: ParsableArguments {
    @Argument(help: "The instance's name, made by the controller when absent; with --count it gets “-1”, “-2”, ….", transform: ArgumentText.name)
    package var name: Name?

    @Option(help: "A size of `berth size list`; the controller's default when absent.", transform: ArgumentText.name)
    package var size: Name?

    @Option(help: "An image of `berth image list`; the controller's default when absent.", transform: ArgumentText.name)
    package var image: Name?

    @Option(help: ArgumentHelp("A label of the instance; may be repeated.", valueName: "key=value"), transform: ArgumentText.label)
    package var label: [Label] = []

    @Option(help: ArgumentHelp("How many to launch.", valueName: "number"), transform: ArgumentText.positive)
    package var count: Int?

    @Flag(help: "With --count: place every one or none.")
    package var allOrNone = false

    @Flag(help: "When nothing fits, wait as pending until room appears, instead of failing.")
    package var queue = false

    @Option(help: ArgumentHelp("Only nodes with this label; may be repeated.", valueName: "key=value"), transform: ArgumentText.label)
    package var require: [Label] = []

    @Option(help: ArgumentHelp("Rather nodes with this label; may be repeated.", valueName: "key=value"), transform: ArgumentText.label)
    package var prefer: [Label] = []

    @Option(help: ArgumentHelp("Also nodes with this taint; may be repeated.", valueName: "key[=value]"), transform: ArgumentText.toleration)
    package var tolerate: [Toleration] = []

    @Option(help: ArgumentHelp("Only nodes with this trait, such as kvm.native; may be repeated.", valueName: "trait"), transform: ArgumentText.trait)
    package var trait: [String] = []

    @Option(help: "Only nodes of this architecture: x86_64 or aarch64.")
    package var architecture: Architecture?

    @Option(help: "Only nodes of this pool.", transform: ArgumentText.name)
    package var pool: Name?

    @Option(help: ArgumentHelp("A placement group that it belongs to; may be repeated.", valueName: "name"), transform: ArgumentText.name)
    package var group: [Name] = []

    @Option(
        help: ArgumentHelp(
            "Not where the group is: not on its nodes, or not in its racks with @rack. “:soft” makes it a wish.", valueName: "group[@domain][:soft]"),
        transform: ArgumentText.groupRule)
    package var antiAffinity: [Constraints.GroupRule] = []

    @Option(
        help: ArgumentHelp("Only where the group is. “:soft” makes it a wish.", valueName: "group[@domain][:soft]"), transform: ArgumentText.groupRule
    )
    package var affinity: [Constraints.GroupRule] = []

    @Option(
        help: ArgumentHelp(
            "Spread each --group over this label of the nodes, with counts that differ by at most skew (1).", valueName: "domain[=skew][:soft]"),
        transform: ArgumentText.spread)
    package var spread: [(domain: String, skew: Int, hard: Bool)] = []

    @Option(help: "How to choose among nodes that fit: \(PlacementPolicy.allCases.map(\.rawValue).joined(separator: ", ")).")
    package var policy: PlacementPolicy?

    @Option(help: "What to do when the VM ends by itself: never, or on-failure with growing pauses.")
    package var restart: RestartPolicy?

    @Option(
        help: ArgumentHelp(
            "When its node is lost: stay there (the default with a local disk), or fenced, which ends it there and starts it elsewhere.",
            valueName: "policy"))
    package var recovery: RecoveryPolicy?

    @Flag(help: "Its local disk may be lost: it begins anew from its image when it is started on another node.")
    package var ephemeral = false

    @Option(
        help: ArgumentHelp(
            "Who goes first where several look for room, from \(InstanceSpec.priorities.lowerBound) to \(InstanceSpec.priorities.upperBound); 0 when absent.",
            valueName: "number"))
    package var priority: Int?

    @Option(
        help: ArgumentHelp("How long a guest may take to shut down before it is ended, such as 30s.", valueName: "time"), transform: ArgumentText.time
    )
    package var stopTimeout: Milliseconds?

    @Option(
        help: ArgumentHelp("Given to the guest's cloud-init as it is: text or gzip, at most 64 KiB; - is standard input.", valueName: "file"),
        completion: .file())
    package var userData: String?

    @Option(help: ArgumentHelp("Vendor data, likewise.", valueName: "file"), completion: .file())
    package var vendorData: String?

    @Option(help: ArgumentHelp("A key of `berth key list` that may log in; may be repeated.", valueName: "name"), transform: ArgumentText.name)
    package var key: [Name] = []

    @Flag(help: "Refuse to delete it, until `berth instance update --no-protect` lifts that.")
    package var protect = false

    @Option(
        help: ArgumentHelp("Delete it after this time, such as 8h, with a warning ten minutes before.", valueName: "time"),
        transform: ArgumentText.time)
    package var expiresIn: Milliseconds?

    package init() {}

    package func validate() throws {
        if !spread.isEmpty, group.isEmpty { throw ValidationError("--spread needs --group: it spreads the instances of a group") }
        if let priority, !InstanceSpec.priorities.contains(priority) {
            let range = InstanceSpec.priorities
            throw ValidationError("--priority \(priority) is out of range: \(range.lowerBound) to \(range.upperBound)")
        }
        if allOrNone, count == nil { throw ValidationError("--all-or-none needs --count") }
        if Set(label.map(\.key)).count < label.count { throw ValidationError("--label gives one key two values") }
    }

    /// Reads the files that it names.
    func requestWithFiles() throws -> LaunchRequest {
        var request = request
        request.userData = try userData.map { try InputFile.read($0, limit: InstanceSeed.limit) }
        request.vendorData = try vendorData.map { try InputFile.read($0, limit: InstanceSeed.limit) }
        return request
    }

    package var request: LaunchRequest {
        var request = LaunchRequest()
        request.name = name
        request.size = size
        request.image = image
        request.labels = label.isEmpty ? nil : Labels(label)
        request.groups = group.isEmpty ? nil : group
        request.constraints = constraints.isEmpty ? nil : constraints
        request.policy = policy
        request.restart = restart
        request.stopTimeout = stopTimeout
        request.queue = queue ? true : nil
        request.recovery = recovery
        request.ephemeral = ephemeral ? true : nil
        request.priority = priority
        request.count = count
        request.allOrNone = allOrNone ? true : nil
        request.keys = key.isEmpty ? nil : key
        request.protected = protect ? true : nil
        request.expiresIn = expiresIn
        return request
    }

    private var constraints: Constraints {
        var constraints = Constraints()
        constraints.require = require
        constraints.prefer = prefer
        constraints.tolerate = tolerate
        constraints.traits = trait
        constraints.architecture = architecture
        constraints.pool = pool
        constraints.antiAffinity = antiAffinity
        constraints.affinity = affinity
        constraints.spread = group.flatMap { group in
            spread.map { .init(group: group, domain: $0.domain, maximumSkew: $0.skew, hard: $0.hard) }
        }
        return constraints
    }
}

extension Architecture: ExpressibleByArgument {}
extension PlacementPolicy: ExpressibleByArgument {}
extension RestartPolicy: ExpressibleByArgument {}
extension RecoveryPolicy: ExpressibleByArgument {}
extension InstanceState: ExpressibleByArgument {}
extension Image.Format: ExpressibleByArgument {}
extension Image.CloudInit: ExpressibleByArgument {}
