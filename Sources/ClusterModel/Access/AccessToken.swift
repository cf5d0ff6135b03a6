/// What an account proves itself by. The secret itself is shown once and kept nowhere.
package struct AccessToken: Hashable, Sendable, Codable {
    package var id: TokenID
    package var account: AccountName
    /// What it is for, in its maker's words.
    package var note: String?
    package var createdAt: Timestamp
    /// Nil where it never does.
    package var expiresAt: Timestamp?
    /// To about a minute.
    package var lastUsedAt: Timestamp?

    package init(id: TokenID, account: AccountName, note: String? = nil, createdAt: Timestamp, expiresAt: Timestamp?) {
        self.id = id
        self.account = account
        self.note = note
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    package static let noteLimit = 128
    /// Where nobody says anything else.
    package static let lifetime = Milliseconds(seconds: 90 * 86_400)
    package static let longestLifetime = Milliseconds(seconds: 10 * 366 * 86_400)
}

package typealias TokenID = ID<AccessToken>

/// The text of a secret: a mark by which leaks are found, and 256 bits in base64url.
package enum TokenText {
    package static let mark = "berth_"
    package static let length = mark.utf8.count + 43

    /// - Parameter bytes: 32 of them.
    package static func text(_ bytes: some Collection<UInt8>) -> String {
        var text = Array(mark.utf8)
        var bits: UInt32 = 0
        var count = 0
        func append() { text.append(alphabet[Int(bits >> UInt32(count) & 63)]) }
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                append()
            }
        }
        if count > 0 {
            bits <<= UInt32(6 - count)
            count = 0
            append()
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The text with every secret in it made unreadable: one that was given in the wrong place is not shown.
    static func hidden(in text: String) -> String {
        guard text.utf8.count >= length, var place = find(in: text[...]) else { return text }
        var shown = ""
        var rest = text[...]
        while true {
            shown += rest[..<place] + "\(mark)…"
            rest = rest[place...].dropFirst(mark.count).drop { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
            guard let next = find(in: rest) else { return shown + rest }
            place = next
        }
    }

    private static func find(in text: Substring) -> Substring.Index? {
        var place = text.startIndex
        while let found = text[place...].utf8.firstIndex(of: UInt8(ascii: "b")) {
            if text[found...].hasPrefix(mark) { return found }
            place = text.utf8.index(after: found)
        }
        return nil
    }
}
