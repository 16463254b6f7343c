import Crypto
import Foundation
package import PurgeModel

/// What is kept of a token: who it is for and what it allows, and a hash by which it is recognised.
///
/// The token itself, such as `ept_0123456789abcdef_…`, is shown once, when it is made. It consists of this id, which is
/// no secret, and 256 random bits; so a fast hash is enough, and the salt is there so that equal tokens never have
/// equal hashes.
package struct AccessToken: Sendable, Hashable {
    /// 16 hexadecimal digits: the part of the token that finds this record.
    package let id: String
    /// Whom or what it is for: the `source` of its purges, and in the log.
    package let name: String
    /// What it allows.
    package let permissions: Set<Permission>
    /// Where `cache_purge` allows it.
    package let zones: ZoneGrant
    /// 16 random bytes.
    package let salt: [UInt8]
    /// SHA-256 of the salt and the token's text.
    package let hash: [UInt8]
    /// When it was made.
    package let createdAt: Timestamp
    /// When it stops being accepted; nil: never.
    package let expiresAt: Timestamp?
    /// What has to stand in `X-Auth-Email` beside it; nil: it is accepted as a bearer token only.
    package let email: String?

    /// Creates a record as it was stored.
    package init(
        id: String, name: String, permissions: Set<Permission>, zones: ZoneGrant, salt: [UInt8], hash: [UInt8],
        createdAt: Timestamp, expiresAt: Timestamp? = nil, email: String? = nil
    ) {
        self.id = id
        self.name = name
        self.permissions = permissions
        self.zones = zones
        self.salt = salt
        self.hash = hash
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.email = email
    }

    /// Makes a token.
    /// - Returns: the record to store, and the text to hand over, which nothing can bring back.
    package static func make(
        name: String, permissions: Set<Permission>, zones: ZoneGrant, createdAt: Timestamp,
        expiresAt: Timestamp? = nil, email: String? = nil, using generator: inout some RandomNumberGenerator
    ) -> (record: AccessToken, text: TokenText) {
        let text = TokenText.random(using: &generator)
        let salt = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let record = AccessToken(
            id: text.id, name: name, permissions: permissions, zones: zones, salt: salt,
            hash: Array(digest(of: text, salt: salt)), createdAt: createdAt, expiresAt: expiresAt, email: email)
        return (record, text)
    }

    /// Whether `text` is this token; takes the same time whatever is wrong with it.
    func matches(_ text: TokenText) -> Bool {
        // swift-crypto compares digests in constant time.
        Self.digest(of: text, salt: salt) == hash
    }

    private static func digest(of text: TokenText, salt: [UInt8]) -> SHA256Digest {
        SHA256.hash(data: salt + Array(text.description.utf8))
    }
}
