import ClusterModel
import Foundation
import Testing

@Suite("public SSH keys")
struct SSHKeyTests {
    static let blob = "AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

    @Test("a line of a .pub file is taken, and given back as one line", arguments: ["", " me@laptop", "  a comment of several words \r\n", "\n"])
    func taken(ending: String) throws {
        let key = try SSHPublicKey("ssh-ed25519 \(Self.blob)\(ending)")
        #expect(key.type == "ssh-ed25519")
        #expect(key.description.split(separator: "\n").count == 1)
        #expect(key.description.hasPrefix("ssh-ed25519 \(Self.blob)"))
        #expect(try JSONDecoder().decode(SSHPublicKey.self, from: JSONEncoder().encode(key)) == key)
    }

    @Test(
        "anything else is refused, options and commands of authorized_keys too",
        arguments: [
            "", "ssh-ed25519", "ssh-dss \(blob)", "ssh-rsa \(blob)", "ssh-ed25519 not-base64", "ssh-ed25519 AAAA",
            "command=\"rm -rf /\" ssh-ed25519 \(blob)", "ssh-ed25519 \(blob)\nssh-ed25519 \(blob)", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA",
            "ssh-ed25519 \(blob) \(String(repeating: "x", count: 20_000))",
        ])
    func refused(text: String) { #expect(throws: SSHPublicKey.Invalid.self) { try SSHPublicKey(text) } }

    @Test("a private key is named as what it is")
    func privateKey() {
        let failure = #expect(throws: SSHPublicKey.Invalid.self) { try SSHPublicKey("-----BEGIN OPENSSH PRIVATE KEY-----") }
        #expect(failure?.description.contains("private key") == true)
    }
}
