/// Reads and writes quantities as people write them: "512MiB", "2GiB", "1500m", "2", "30s".
/// A number without a unit is refused for memory, disk and time, since nobody agrees on what it means.
package enum Quantity {
    package struct Invalid: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    private static let memoryUnits: [(suffix: String, mebibytes: Int64)] = [
        ("MiB", 1), ("GiB", 1024), ("TiB", 1024 * 1024), ("Mi", 1), ("Gi", 1024), ("Ti", 1024 * 1024), ("M", 1), ("G", 1024), ("T", 1024 * 1024),
    ]

    private static let timeUnits: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    package static func memory(_ text: String) throws(Invalid) -> MiB {
        for unit in memoryUnits where text.hasSuffix(unit.suffix) {
            guard let count = scaled(text.dropLast(unit.suffix.count), by: unit.mebibytes) else { break }
            return MiB(count)
        }
        throw Invalid(description: "“\(text.prefix(40))” is no amount of memory or disk: write a whole number and a unit, such as 512MiB or 4GiB.")
    }

    /// Whole vCPUs ("2"), a decimal ("0.5") or thousandths ("1500m").
    package static func cpu(_ text: String) throws(Invalid) -> MilliCPU {
        if text.hasSuffix("m"), let count = scaled(text.dropLast(), by: 1) { return MilliCPU(count) }
        if let count = scaled(text[...], by: 1000) { return MilliCPU(count) }
        throw Invalid(description: "“\(text.prefix(40))” is no number of vCPUs: write 2, 0.5 or 1500m.")
    }

    package static func time(_ text: String) throws(Invalid) -> Milliseconds {
        for unit in timeUnits where text.hasSuffix(unit.suffix) {
            guard let count = scaled(text.dropLast(unit.suffix.count), by: unit.milliseconds) else { continue }
            return Milliseconds(count)
        }
        throw Invalid(description: "“\(text.prefix(40))” is no length of time: write a number and a unit, such as 500ms, 30s, 5m or 8h.")
    }

    /// A plain decimal number times a scale, exact or nil: no sign, no exponent, no overflow.
    private static func scaled(_ digits: Substring, by scale: Int64) -> Int64? {
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, !first.isEmpty, first.utf8.allSatisfy(isDigit), let whole = Int64(first) else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: scale)
        guard !overflow else { return nil }
        guard parts.count == 2 else { return product }
        let fraction = parts[1]
        guard !fraction.isEmpty, fraction.utf8.count <= 6, fraction.utf8.allSatisfy(isDigit), let numerator = Int64(fraction) else { return nil }
        var denominator: Int64 = 1
        for _ in fraction.utf8 { denominator *= 10 }
        let (scaledFraction, fractionOverflow) = numerator.multipliedReportingOverflow(by: scale)
        guard !fractionOverflow, scaledFraction % denominator == 0 else { return nil }
        let (sum, sumOverflow) = product.addingReportingOverflow(scaledFraction / denominator)
        return sumOverflow ? nil : sum
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}

extension MiB: CustomStringConvertible {
    /// The largest unit that keeps the number whole or to one decimal: "512 MiB", "1.5 GiB", "2 TiB".
    package var description: String {
        for (suffix, size) in [("TiB", Int64(1) << 20), ("GiB", Int64(1) << 10)] where count.magnitude >= size.magnitude && count.magnitude <= 1 << 58
        {
            let tenths = count * 10 / size
            if tenths * size == count * 10 { return tenths % 10 == 0 ? "\(tenths / 10) \(suffix)" : "\(tenths / 10).\(abs(tenths % 10)) \(suffix)" }
        }
        return "\(count) MiB"
    }
}

extension MilliCPU: CustomStringConvertible {
    package var description: String {
        if count % 1000 == 0 { return "\(count / 1000)" }
        let sign = count < 0 ? "-" : ""
        let magnitude = count.magnitude
        var fraction = String(magnitude % 1000)
        while fraction.count < 3 { fraction = "0" + fraction }
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(sign)\(magnitude / 1000).\(fraction)"
    }
}

extension Milliseconds: CustomStringConvertible {
    package var description: String {
        if count % 3_600_000 == 0, count != 0 { return "\(count / 3_600_000)h" }
        if count % 60_000 == 0, count != 0 { return "\(count / 60_000)m" }
        if count % 1000 == 0 { return "\(count / 1000)s" }
        return "\(count)ms"
    }
}
