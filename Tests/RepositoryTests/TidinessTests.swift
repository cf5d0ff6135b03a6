import ClusterAPI
import Foundation
import Testing

@Suite("the tree is tidy")
struct TidinessTests {
    let tree = SourceTree()

    @Test("no Swift file is over 400 lines")
    func sizes() throws {
        for file in try tree.swiftFiles() {
            #expect(file.lines.count <= 401, "\(file.path) has \(file.lines.count - 1) lines: it holds more than one noun")
        }
    }

    @Test("no file or folder has a name that tells nothing")
    func names() throws {
        let drawers = ["util", "helper", "manager", "common", "misc", "stub", "placeholder"]
        for file in try tree.swiftFiles() {
            for part in file.path.lowercased().split(separator: "/") {
                #expect(!drawers.contains { part.contains($0) }, "\(file.path): name it after what it holds")
            }
        }
    }

    @Test("nothing is left for later in the sources")
    func leftovers() throws {
        let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK"]
        for file in try tree.swiftFiles() {
            for mark in marks { #expect(!file.text.contains(mark), "\(file.path) contains \(mark)") }
        }
    }

    @Test("no test reaches past package access")
    func testable() throws {
        for file in try tree.swiftFiles() {
            #expect(!file.text.contains("@test" + "able"), "\(file.path): the release build that serves demo and tests has no testable imports")
        }
    }

    @Test("every route of the controller is in the OpenAPI page, and every path of the page is a route")
    func openAPI() throws {
        let page = try tree.text(of: "docs/openapi.yaml")
        let documented = Self.operations(inPage: page)
        let served = Set(Route.allCases.map { "\($0.method.rawValue) \($0.template)" })
        #expect(served.subtracting(documented).sorted() == [], "served, and not in docs/openapi.yaml")
        #expect(documented.subtracting(served).sorted() == [], "in docs/openapi.yaml, and not served")
    }

    /// "GET /v1/nodes" for every operation, read by indentation: paths at two spaces, methods at four.
    static func operations(inPage page: String) -> Set<String> {
        var operations: Set<String> = []
        var path: String?
        var inPaths = false
        for line in page.split(separator: "\n") {
            if !line.hasPrefix(" ") { inPaths = line.hasPrefix("paths:") }
            guard inPaths else { continue }
            if line.hasPrefix("  /"), let end = line.lastIndex(of: ":") { path = String(line[..<end].dropFirst(2)) }
            let word = line.dropFirst(4).prefix { $0 != ":" }
            if line.hasPrefix("    "), !line.hasPrefix("     "), ["get", "post", "put", "delete"].contains(word), let path {
                operations.insert("\(word.uppercased()) \(path)")
            }
        }
        return operations
    }
}
