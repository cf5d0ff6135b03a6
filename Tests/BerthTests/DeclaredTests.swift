import ClusterAPI
import ClusterModel
import StrictYAML
import Testing
import berth

@Suite("clusters that a file declares")
struct DeclaredTests {
    private static let text = """
        keys:
          laptop: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA me
        sizes:
          web: {cpu: "2", memory: 4GiB, disk: 20GiB}
        instances:
          web-1: {size: web, image: debian, keys: [laptop], labels: {tier: front}, protected: true, userData: "#cloud-config"}
          web-2: {size: web, image: debian, running: false}
        """

    private func name(_ text: String) throws -> Name { try Name(text) }

    private func key() throws -> SSHKey {
        SSHKey(
            name: try name("laptop"),
            publicKey: try SSHPublicKey("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA me"), fingerprint: "",
            createdAt: Timestamp(milliseconds: 0))
    }

    private func size() throws -> Size { Size(name: try name("web"), resources: Resources(cpu: MilliCPU(2000), memory: MiB(4096), disk: MiB(20480))) }

    private func instance(_ text: String, _ change: (inout InstanceSpec) throws -> Void = { _ in }) throws -> Instance {
        guard let digest = Digest(hex: String(repeating: "a", count: 64)) else { preconditionFailure("a digest") }
        var spec = InstanceSpec(
            size: try name("web"), resources: try size().resources,
            image: ImageReference(name: try name("debian"), digest: digest, format: .qcow2, bytes: 1))
        try change(&spec)
        let zero = Timestamp(milliseconds: 0)
        return Instance(
            id: .random(), name: try name(text), project: try name("default"), generation: 1, spec: spec,
            status: InstanceStatus(state: .running, since: zero), placement: nil, createdAt: zero, history: [])
    }

    private func lines(keys: [SSHKey] = [], sizes: [Size] = [], instances: [Instance] = [], text: String = text) throws -> [String] {
        DeclaredDifference(try DeclaredCluster(text: text, file: "f.yaml"), keys: keys, sizes: sizes, instances: instances).steps.map(\.line)
    }

    @Test("in an empty cluster everything is made, in an order that works")
    func empty() throws {
        #expect(try lines() == ["+ key/laptop", "+ size/web", "+ instance/web-1", "+ instance/web-2"])
    }

    @Test("where all is as declared there is nothing to do, whatever else there is")
    func same() throws {
        let first = try instance("web-1") {
            $0.labels = Labels([try Label("tier=front")])
            $0.protected = true
            $0.seed = SeedSummary(userDataBytes: 13, vendorDataBytes: 0, keys: [try name("laptop")])
        }
        let second = try instance("web-2") { $0.desired = .stopped }
        let other = try instance("other")
        #expect(try lines(keys: [key()], sizes: [size()], instances: [other, first, second]) == [])
    }

    @Test("labels, protection and running are changed in place; the rest is named as what can't be")
    func changes() throws {
        let first = try instance("web-1") {
            $0.labels = Labels([try Label("old=1")])
            $0.seed = SeedSummary(userDataBytes: 13, vendorDataBytes: 0, keys: [try name("laptop")])
        }
        let second = try instance("web-2")
        #expect(
            try lines(keys: [key()], sizes: [size()], instances: [first, second]) == [
                "~ instance/web-1: labels, protected", "~ instance/web-2: stops",
            ])
        var larger = try size()
        larger.resources.memory = MiB(8192)
        let another = try instance("web-2") { $0.size = try Name("small") }
        let difference = DeclaredDifference(
            try DeclaredCluster(text: Self.text, file: "f.yaml"), keys: [try key()], sizes: [larger], instances: [first, another])
        #expect(difference.impossible.count == 2)
        #expect(difference.impossible.last?.hasPrefix("instance/web-2: size can't be changed") == true)
    }

    @Test(
        "what is no declaration is refused where it stands",
        arguments: [
            "instance: {}", "instances: {Web: {}}", "instances: {web: {sise: small}}", "keys: {laptop: nonsense}", "sizes: {web: {cpu: 2}}",
            "instances: {web: {running: maybe}}",
        ])
    func refused(text: String) { #expect(throws: ConfigurationError.self) { try DeclaredCluster(text: text, file: "f.yaml") } }
}
