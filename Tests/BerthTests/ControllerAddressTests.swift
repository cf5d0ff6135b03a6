import FoundationEssentials
import StrictYAML
import Testing
import berth

struct ControllerAddressTests {
    /// A context file in a folder that goes with the test.
    private final class Folder {
        let path: String
        var file: String { path + "/berth/context.yaml" }

        init(_ text: String?) throws {
            path = FileManager.default.temporaryDirectory.appending(path: "berth-context-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: path + "/berth", withIntermediateDirectories: true)
            if let text { try Data(text.utf8).write(to: URL(filePath: file)) }
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private let text = """
        current: dev
        contexts:
          - {name: dev, endpoint: "http://127.0.0.1:1"}
          - {name: office, endpoint: "https://office", token: "of\\"fice"}
        """

    private func resolve(
        endpoint: String? = nil, token: String? = nil, context: String? = nil, environment: [String: String] = [:], file: String?
    ) throws -> ControllerAddress {
        try ControllerAddress.resolve(endpoint: endpoint, token: token, context: context, environment: { environment[$0] }, file: file)
    }

    @Test("the flag goes before the environment, and the environment before the context file")
    func precedence() throws {
        let folder = try Folder(text)
        let environment = ["BERTH_ENDPOINT": "http://env", "BERTH_TOKEN": "env"]
        let all = try resolve(endpoint: "http://flag", token: "flag", environment: environment, file: folder.file)
        #expect((all.endpoint, all.token) == ("http://flag", "flag"))
        let both = try resolve(environment: environment, file: folder.file)
        #expect((both.endpoint, both.token) == ("http://env", "env"))
        let file = try resolve(file: folder.file)
        #expect((file.endpoint, file.token) == ("http://127.0.0.1:1", nil))
        let named = try resolve(context: "office", environment: ["BERTH_ENDPOINT": "http://env"], file: folder.file)
        #expect((named.endpoint, named.token) == ("https://office", "of\"fice"))
        let token = try resolve(token: "flag", context: "office", file: folder.file)
        #expect(token.token == "flag")
    }

    @Test("a token of the context file goes to that context's endpoint and to no other")
    func tokenStaysWithItsEndpoint() throws {
        let folder = try Folder("current: office\ncontexts: [{name: office, endpoint: \"https://office\", token: secret}]\n")
        #expect(try resolve(endpoint: "http://elsewhere", file: folder.file).token == nil)
        #expect(try resolve(environment: ["BERTH_ENDPOINT": "http://elsewhere"], file: folder.file).token == nil)
        #expect(try resolve(file: folder.file).token == "secret")
    }

    @Test("no endpoint at all, an unknown context and a broken file are each told apart")
    func failures() throws {
        let absent = try Folder(nil)
        #expect { try resolve(file: absent.file) } throws: { "\($0)".contains("berth dev up") && ExitStatus($0) == .usage }
        #expect { try resolve(file: nil) } throws: { ExitStatus($0) == .usage }
        let folder = try Folder(text)
        #expect { try resolve(context: "home", file: folder.file) } throws: { "\($0)".contains("dev, office") && ExitStatus($0) == .notFound }
        let broken = try Folder("current: dev\ncontext: []\n")
        #expect { try resolve(file: broken.file) } throws: { "\($0)".contains("context.yaml:2") && "\($0)".contains("did you mean “contexts”") }
    }

    @Test("setting one context leaves the others as they were, and the file for the owner's eyes")
    func otherContextsSurvive() throws {
        let folder = try Folder(text)
        var file = try #require(try ContextFile.read(folder.file))
        file.set(.init(name: "dev", endpoint: "http://127.0.0.1:2"))
        file.set(.init(name: "a: b\n\"#", endpoint: "http://odd", token: "\u{1}€"))
        file.current = "dev"
        try file.write(folder.file)
        #expect(try ContextFile.read(folder.file) == file)
        #expect(file.contexts.map(\.name) == ["dev", "office", "a: b\n\"#"])
        let mode = try FileManager.default.attributesOfItem(atPath: folder.file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }
}
