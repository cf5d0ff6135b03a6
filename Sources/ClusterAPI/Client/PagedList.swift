import ClusterModel

/// A list of the controller, asked for page by page as it is read.
package struct PagedList<Item: Codable & Sendable>: AsyncSequence, Sendable {
    package typealias Element = Item

    let client: APIClient
    let route: Route
    let query: Query
    private static var pageSize: Int { 500 }

    /// Every item, and the revision from which a watch takes up: that of the first page, so that it also tells what changed between two pages.
    package func whole() async throws -> (items: [Item], revision: Int64) {
        var page = try await self.page(after: nil)
        let revision = page.revision
        var items = page.items
        while let next = page.continue {
            page = try await self.page(after: next)
            items += page.items
        }
        return (items, revision)
    }

    func page(after token: String?) async throws -> Page<Item> {
        try await client.get(route, route.path(), query + ["limit": "\(Self.pageSize)", "continue": token])
    }

    package func makeAsyncIterator() -> Iterator { Iterator(list: self) }

    package struct Iterator: AsyncIteratorProtocol {
        let list: PagedList
        private var items: [Item] = []
        private var taken = 0
        private var next: String?
        private var begun = false

        init(list: PagedList) { self.list = list }

        package mutating func next() async throws -> Item? {
            while taken == items.count {
                guard !begun || next != nil else { return nil }
                let page = try await list.page(after: next)
                (items, taken, next, begun) = (page.items, 0, page.continue, true)
            }
            taken += 1
            return items[taken - 1]
        }
    }
}
