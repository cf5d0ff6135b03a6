import ClusterModel
import Testing

@Suite("IPv4 addresses and ranges")
struct IPv4Tests {
    @Test("an address is read and written alike", arguments: ["0.0.0.0", "10.100.1.9", "255.255.255.255"])
    func same(text: String) { #expect(IPv4Address(text)?.description == text) }

    @Test(
        "what is no address is not read",
        arguments: ["", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.-4", "1.2.3.4 ", "١.2.3.4", "+1.2.3.4"])
    func refused(text: String) { #expect(IPv4Address(text) == nil) }

    @Test("a range gives its first address to the node and the rest to guests") func range() throws {
        let range = try IPv4Range("10.100.1.8/29")
        #expect(range.gateway.description == "10.100.1.9")
        #expect(range.guests.count == 5)
        #expect(range.holds(try #require(IPv4Address("10.100.1.10"))))
        #expect(!range.holds(range.gateway))
        #expect(!range.holds(try #require(IPv4Address("10.100.1.15"))))
        #expect(range.description == "10.100.1.8/29")
    }

    @Test(
        "a range that can't be one is refused with the reason",
        arguments: [
            ("10.100.1.0", "is no range"), ("10.100.1.0/33", "prefix of 33"), ("10.100.1.0/8", "prefix of 8"),
            ("10.100.1.5/24", "write 10.100.1.0/24"),
            ("8.8.8.0/24", "not private"), ("10.100.1.0/024", "is no range"), ("x/24", "is no range"), ("172.32.0.0/16", "not private"),
        ])
    func badRange(text: String, why: String) {
        let error = #expect(throws: IPv4Range.Failure.self) { _ = try IPv4Range(text) }
        #expect(error?.description.contains(why) == true, "\(error?.description ?? "")")
    }
}
