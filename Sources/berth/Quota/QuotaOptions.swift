import ArgumentParser
import ClusterModel

/// What a project may have at most.
struct QuotaOptions: ParsableArguments {
    @Option(help: "Instances at most.", transform: ArgumentText.limit)
    var instances: Int64?
    @Option(help: "vCPUs at most, such as 16 or 0.5.", transform: ArgumentText.cpu)
    var cpu: MilliCPU?
    @Option(help: "Memory at most, such as 64GiB.", transform: ArgumentText.memory)
    var memory: MiB?
    @Option(help: "Disk at most, of instances and volumes, such as 1TiB.", transform: ArgumentText.memory)
    var disk: MiB?
    @Option(help: "Volumes at most.", transform: ArgumentText.limit)
    var volumes: Int64?
    @Option(help: "Snapshots at most.", transform: ArgumentText.limit)
    var snapshots: Int64?
    @Option(help: "Images at most.", transform: ArgumentText.limit)
    var images: Int64?

    var quota: Quota {
        var quota = Quota()
        quota.instances = instances
        quota.cpu = cpu
        quota.memory = memory
        quota.disk = disk
        quota.volumes = volumes
        quota.snapshots = snapshots
        quota.images = images
        return quota
    }
}

extension Quota.Resource: ExpressibleByArgument {}
