import ArgumentParser
import ClusterAPI
import ClusterModel

struct SizeCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a size.", discussion: "berth size create web --cpu 2 --memory 4GiB --disk 20GiB")

    @Argument(help: "Its name.", transform: ArgumentText.name)
    var name: Name

    @Option(help: ArgumentHelp("vCPUs: 2, 0.5 or 1500m.", valueName: "vcpus"), transform: ArgumentText.cpu)
    var cpu: MilliCPU

    @Option(help: ArgumentHelp("Memory, such as 512MiB or 4GiB.", valueName: "amount"), transform: ArgumentText.memory)
    var memory: MiB

    @Option(help: ArgumentHelp("The root disk, such as 20GiB.", valueName: "amount"), transform: { try Quantity.memory($0) })
    var disk = MiB.zero

    @Option(help: ArgumentHelp("Devices of a kind; may be repeated.", valueName: "name=count"), transform: ArgumentText.device)
    var device: [Resources.DeviceCount] = []

    @Option(help: ArgumentHelp("A trait that nodes must have; may be repeated.", valueName: "trait"), transform: ArgumentText.trait)
    var trait: [String] = []

    @OptionGroup var output: OutputOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let size = Size(name: name, resources: Resources(cpu: cpu, memory: memory, disk: disk, devices: device), traits: trait)
        let made = try await connection.client().create(size)
        try StandardOutput.write(SizeTable.presentation.text(of: made, as: output.output))
    }
}
