import Testing

@Suite("nothing foreign gets a shell, and all that is foreign is fuzzed")
struct ForeignBytesTests {
    let tree = SourceTree()

    /// Scripts that are data here: they run in a guest, and in mmdebstrap's tree when an operator builds an image. Nothing of a request is in either.
    private static let scripts = ["Sources/Agent/Images/TinyImage/TinyInit.swift", "Sources/Agent/Images/DebianImage/DebianRoot.swift"]

    private static func starters(in text: String) -> [Substring] {
        text.matches(of: /\/bin\/(ba|da)?sh\b|\b(ba|da)?sh -c\b|\b(system|popen|wordexp)\(|\bNSTask\b|\bProcess\(\)/).map(
            \.output.0)
    }

    @Test("no shell is started anywhere, nor a program by Foundation")
    func noShell() throws {
        let files = try tree.files(under: "Sources", ending: ".swift") + tree.files(under: "Sources", ending: ".c")
        for file in files where !Self.scripts.contains(file.path) {
            let code = file.lines.filter { !$0.drop { $0 == " " }.hasPrefix("//") }.joined(separator: "\n")
            #expect(Self.starters(in: code) == [], "\(file.path): arguments are arrays, and no shell stands between")
        }
    }

    @Test("a shell would be noticed", arguments: ["\"/bin/sh\"", "bash -c x", "system(command)", "popen(a, b)", "let p = Process()"])
    func noticed(code: String) {
        #expect(Self.starters(in: code).count == 1)
        #expect(Self.starters(in: "FileSystem(path) Subprocess.run(RunningProcess()) -c") == [])
    }

    @Test("every body that a route reads is among those that are fuzzed")
    func bodies() throws {
        let fuzzed = try tree.text(of: "fuzz/BodyFuzz.swift")
        var types: Set<String> = []
        for file in try tree.files(under: "Sources/Controller/API", ending: ".swift") {
            for match in file.text.matches(of: /JSONBody\.decode(?:Hot)?\((\w+)\.self/) { types.insert(String(match.1)) }
        }
        #expect(types.count > 20)
        // Of a route without a body; it has no member.
        for type in types.subtracting(["Nothing"]).sorted() { #expect(fuzzed.contains("(\(type).self)"), "\(type) is not in fuzz/BodyFuzz.swift") }
    }

    @Test("every fuzz target has its corpus, and a driver of its own")
    func corpora() throws {
        let run = try tree.text(of: "fuzz/run")
        let targets = try #require(run.firstMatch(of: /targets=\(([a-z0-9 ]+)\)/)).1.split(separator: " ")
        #expect(targets.count >= 6)
        for target in targets { #expect(try tree.fileNames(in: "fuzz/corpus/\(target)").count > 1, "\(target)") }
        #expect(try tree.fileNames(in: "fuzz").count { $0.hasSuffix("Fuzz.swift") } == targets.count)
    }
}
