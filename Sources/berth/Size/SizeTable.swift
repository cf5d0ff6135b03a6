import ClusterModel

package enum SizeTable {
    package static var presentation: Presentation<Size> {
        Presentation(
            columns: [
                Column("NAME") { $0.name.text },
                Column("CPU", .right) { $0.resources.cpu.description },
                Column("MEMORY", .right) { $0.resources.memory.description },
                Column("DISK", .right) { $0.resources.disk.description },
                Column("DEVICES") { $0.resources.devices.map { "\($0.name)=\($0.count)" }.joined(separator: ",") },
                Column("TRAITS") { $0.traits.joined(separator: ",") },
            ], name: { $0.name.text })
    }
}
