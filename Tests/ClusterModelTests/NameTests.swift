import ClusterModel
import Foundation
import Testing

@Suite("names, labels and ids")
struct NameTests {
    @Test(
        "a name that could be a path, an option, a hostname trick or a terminal escape is refused",
        arguments: [
            "", "a/b", "../x", "-rf", "a-", "A", "a.b", "a b", "a\n", "a\u{1B}[2J", "ä", "1a", "a\0", String(repeating: "a", count: 64), "a_b",
        ])
    func refused(text: String) {
        let error = #expect(throws: Name.Invalid.self) { try Name(text) }
        #expect(error?.description.unicodeScalars.allSatisfy { $0.value >= 0x20 } == true)
    }

    @Test("a name of 63 letters, digits and dashes is fine", arguments: ["a", "web-1", "a--b", String(repeating: "z", count: 63)])
    func accepted(text: String) throws { #expect(try Name(text).text == text) }

    @Test("labels keep one value per key, in key order, whatever the order they came in")
    func labels() throws {
        var labels = Labels([try Label("zone=z1"), try Label("rack=r1")])
        labels.set(try Label("rack=r2"))
        #expect(labels.all.map(\.description) == ["rack=r2", "zone=z1"])
        let json = try JSONEncoder().encode(labels)
        #expect(try JSONDecoder().decode(Labels.self, from: json) == labels)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Labels.self, from: Data(#"{"a b":"c"}"#.utf8)) }
    }

    @Test("an id is a UUID in lower case and nothing else")
    func ids() throws {
        let id = try #require(InstanceID("0F9C1E7A-0000-4000-8000-000000000001"))
        #expect(id.description == "0f9c1e7a-0000-4000-8000-000000000001")
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([InstanceID].self, from: Data(#"["../../etc/passwd"]"#.utf8)) }
    }
}
