import Testing
import berth

@Suite("places of a copy")
struct CopyPlaceTests {
    @Test("a name and a path from the root are in an instance; everything else is here")
    func read() throws {
        #expect(try CopyPlace("web:/etc/motd") == .guest(instance: "web", path: "/etc/motd"))
        #expect(try CopyPlace("web:/a:b") == .guest(instance: "web", path: "/a:b"))
        for text in ["-", "motd", "./web:/etc/motd", "/tmp/a:b", "a/b:c"] { #expect(try CopyPlace(text) == .here(text)) }
        for text in ["", "web:", "web:motd"] { #expect(throws: (any Error).self) { try CopyPlace(text) } }
    }

    @Test("into a folder goes a file under its own name, which standard input has not")
    func folder() throws {
        #expect(try CopyPlace.into("/tmp/", nameOf: "a/motd") == "/tmp/motd")
        #expect(try CopyPlace.into("here", nameOf: "/etc/motd") == "here/motd")
        for name in ["-", "/", "..", "a/."] { #expect(throws: (any Error).self) { try CopyPlace.into("/tmp/", nameOf: name) } }
    }
}
