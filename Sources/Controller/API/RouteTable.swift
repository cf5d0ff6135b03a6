import ClusterAPI

/// Finds the route of a path and method. Made from `Route.allCases`, so that none can be missing.
struct RouteTable: Sendable {
    enum Match: Sendable {
        case found(Route, parameters: [String])
        /// The path exists, for these methods.
        case otherMethods([String])
        case none
    }

    private struct Entry: Sendable {
        var route: Route
        /// Nil for a parameter.
        var segments: [String?]
    }

    /// By the number of segments.
    private let entries: [Int: [Entry]]

    init() {
        var entries: [Int: [Entry]] = [:]
        for route in Route.allCases {
            let segments = route.template.split(separator: "/").map { $0.hasPrefix("{") ? nil : String($0) }
            entries[segments.count, default: []].append(Entry(route: route, segments: segments))
        }
        self.entries = entries
    }

    func match(method: String, path: String) -> Match {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard path.hasPrefix("/"), let candidates = entries[parts.count] else { return .none }
        var methods: [String] = []
        for entry in candidates {
            guard zip(parts, entry.segments).allSatisfy({ part, segment in segment.map { $0 == part } ?? !part.isEmpty }) else { continue }
            guard entry.route.method.rawValue == method else {
                methods.append(entry.route.method.rawValue)
                continue
            }
            var parameters: [String] = []
            for (part, segment) in zip(parts, entry.segments) where segment == nil {
                guard let text = PercentDecoding.decode(part) else { return .none }
                parameters.append(text)
            }
            return .found(entry.route, parameters: parameters)
        }
        return methods.isEmpty ? .none : .otherMethods(methods)
    }
}

enum PercentDecoding {
    /// Nil where an escape is broken or the result is no UTF-8.
    static func decode(_ text: some StringProtocol) -> String? {
        guard text.utf8.contains(0x25) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.next().flatMap(value), let low = rest.next().flatMap(value) else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}
