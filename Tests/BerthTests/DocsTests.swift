import ArgumentParser
import Foundation
import Testing
import berth

@Suite("the docs tell the truth about the command line")
struct DocsTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every line that begins with `berth` in a fenced `sh` block of the README and the pages under docs/.
    static let commands: [String] = {
        let pages =
            (try? FileManager.default.contentsOfDirectory(at: root.appending(path: "docs"), includingPropertiesForKeys: nil))?.filter {
                $0.pathExtension == "md"
            } ?? []
        return ([root.appending(path: "README.md")] + pages).sorted { $0.path < $1.path }.flatMap { page -> [String] in
            var inside = false
            return ((try? String(contentsOf: page, encoding: .utf8)) ?? "").split(separator: "\n").compactMap { line in
                if line.hasPrefix("```") { inside = line == "```sh" }
                return inside && line.hasPrefix("berth ") ? String(line) : nil
            }
        }
    }()

    @Test("there are examples to hold to it")
    func some() { #expect(Self.commands.count > 20) }

    @Test("every example parses", arguments: commands)
    func parses(command: String) throws {
        let words = command.split(separator: "#", maxSplits: 1)[0].split(separator: " ").dropFirst().map { word in
            word.trimmingCharacters(in: CharacterSet(charactersIn: "'\""))
        }
        _ = try Berth.parseAsRoot(Array(words))
    }

    @Test("every command is in the docs or in another command's help")
    func allCommands() throws {
        let text = Self.commands.joined(separator: "\n")
        for name in Berth.configuration.subcommands.compactMap({ $0.configuration.commandName })
        where !["help", "completion", "version"].contains(name) {
            #expect(text.contains("berth \(name)"), "no page shows `berth \(name)`")
        }
    }
}
