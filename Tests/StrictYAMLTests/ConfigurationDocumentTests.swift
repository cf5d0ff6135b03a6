import ClusterModel
import StrictYAML
import Testing

@Suite("a configuration file is read strictly")
struct ConfigurationTests {
    func message(_ text: String, _ read: (ConfigurationValue) throws -> Void) -> String? {
        do {
            try read(ConfigurationDocument(text: text, file: "x.yaml").root)
            return nil
        } catch { return "\(error)" }
    }

    @Test("an unknown key names its line and the key that was meant")
    func unknownKey() {
        #expect(
            message("name: a\nlables: {}\n") { _ = try $0.mapping(keys: ["name", "labels"]) }
                == "x.yaml:2: unknown key “lables”; did you mean “labels”?")
        #expect(
            message("colour: red\n") { _ = try $0.mapping(keys: ["name", "labels"]) }
                == "x.yaml:1: unknown key “colour”; known are: name, labels")
    }

    @Test("a key that stands twice, a broken line and a wrong shape are refused with their line")
    func shapes() {
        #expect(message("a: 1\na: 2\n") { _ in }?.contains("“a” twice") == true)
        #expect(message("a: [1, 2\nb: 3\n") { _ in }?.hasPrefix("x.yaml:2: is not valid YAML") == true)
        #expect(message("- 1\n") { _ = try $0.mapping(keys: []) } == "x.yaml:1: expected a mapping of keys to values")
        #expect(message("") { _ = try $0.mapping(keys: ["a"]).required("a") }?.hasSuffix("the key “a” is missing") == true)
    }

    @Test(
        "a wrong unit says which units there are",
        arguments: [
            ("m: 512", "x.yaml:1: m: “512” is no amount of memory or disk: write a whole number and a unit, such as 512MiB or 4GiB."),
            ("m: -1GiB", "x.yaml:1: m: “-1GiB” is no amount of memory or disk: write a whole number and a unit, such as 512MiB or 4GiB."),
            ("m: 9223372036854775808MiB", "is no amount of memory"), ("m: 9007199254740992MiB", "larger than any machine"),
        ])
    func units(text: String, part: String) {
        #expect(message(text) { _ = try $0.mapping(keys: ["m"]).required("m").memory() }?.contains(part) == true)
    }

    @Test("quantities are read as people write them")
    func quantities() throws {
        let root = try ConfigurationDocument(text: "m: 1.5GiB\nc: 0.5\nd: 1500m\nt: 500ms\nl: {rack: r1}\n", file: "x").root.anyMapping()
        #expect(try root.required("m").memory() == MiB(1536))
        #expect(try root.required("c").cpu() == MilliCPU(500))
        #expect(try root.required("d").cpu() == MilliCPU(1500))
        #expect(try root.required("t").time() == Milliseconds(500))
        #expect(try root.required("l").labels()["rack"] == "r1")
    }

    @Test("an alias bomb does not blow up")
    func aliases() throws {
        var text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
        for level in 1...30 { text += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ","))]\n" }
        #expect(message(text) { _ = try $0.mapping(keys: ["name"]) } != nil)
    }
}
