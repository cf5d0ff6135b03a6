extension Array where Element: Sendable {
    /// The results in order, with at most `width` pieces of work under way; the first error ends the rest.
    func concurrentMap<Result: Sendable>(width: Int = 16, _ work: @escaping @Sendable (Element) async throws -> Result) async throws -> [Result] {
        try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var results = [Result?](repeating: nil, count: count)
            var next = 0
            func begin() {
                guard next < count else { return }
                let (place, element) = (next, self[next])
                next += 1
                group.addTask { (place, try await work(element)) }
            }
            for _ in 0..<Swift.max(1, width) { begin() }
            while let (place, result) = try await group.next() {
                results[place] = result
                begin()
            }
            return results.compactMap { $0 }
        }
    }
}
