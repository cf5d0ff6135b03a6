/// A named bundle of room and required traits.
package struct Size: Hashable, Sendable, Codable {
    package var name: Name
    package var resources: Resources
    package var traits: [String]

    package init(name: Name, resources: Resources, traits: [String] = []) {
        self.name = name
        self.resources = resources
        self.traits = traits
    }
}
