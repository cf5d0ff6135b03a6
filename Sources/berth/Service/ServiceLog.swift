import ClusterModel
import Glibc
import Logging

/// One line an entry on standard error: time, level, message, then `key=value` of what is known beside it.
package struct ServiceLog: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]

    package init(level: Logger.Level) { logLevel = level }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        StandardError.write(Self.line(at: .now, event.level, event.message, metadata.merging(event.metadata ?? [:]) { $1 }))
    }

    package static func line(at time: Timestamp, _ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata) -> String {
        let fields = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\(value("\($0.value)"))" }.joined()
        return "\(time) \(level.rawValue) \(Printable("\(message)", limit: 4000))\(fields)\n"
    }

    /// Quoted where it would otherwise run into the next field.
    private static func value(_ text: String) -> String {
        let shown = Printable(text, limit: 2000).description
        let plain = !shown.isEmpty && shown.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C }
        return plain ? shown : YAMLText.quoted(shown)
    }
}
