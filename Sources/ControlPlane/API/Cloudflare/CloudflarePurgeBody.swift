/// The body of a purge request as it came: right types, nothing judged yet.
///
/// Fields that are not known are ignored.
struct CloudflarePurgeBody: Decodable, Sendable {
    /// One entry of `files`: a URL, or an object with one.
    private struct File: Decodable {
        private enum CodingKeys: String, CodingKey {
            case url
        }

        var url: String?

        init(from decoder: any Decoder) throws {
            if let url = try? decoder.singleValueContainer().decode(String.self) {
                self.url = url
            } else {
                // The variant headers beside `url` are not needed: all variants of a URL are purged together.
                url = try? decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .url)
            }
        }
    }

    /// One entry of another list: a string, or nil for anything else.
    private struct Name: Decodable {
        var text: String?

        init(from decoder: any Decoder) throws {
            text = try? decoder.singleValueContainer().decode(String.self)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case everything = "purge_everything", files, tags, hosts, prefixes
    }

    /// Whether `purge_everything` is asked for.
    var everything = false
    /// The URLs of `files`; nil when the field is absent.
    var files: [String]?
    /// The entries of `tags`; nil when the field is absent.
    var tags: [String]?
    /// The entries of `hosts`; nil when the field is absent.
    var hosts: [String]?
    /// The entries of `prefixes`; nil when the field is absent.
    var prefixes: [String]?

    /// Throws ``CloudflareError`` for the first field of the wrong type.
    init(from decoder: any Decoder) throws {
        guard let container = try? decoder.container(keyedBy: CodingKeys.self) else {
            throw CloudflareError.noSelector
        }
        // A field that is null counts as absent: some clients send every field they know.
        if container.contains(.everything), (try? container.decodeNil(forKey: .everything)) == false {
            guard (try? container.decode(Bool.self, forKey: .everything)) == true else {
                throw CloudflareError.everythingNotTrue
            }
            everything = true
        }
        files = try Self.list(File.self, .files, in: container)?.enumerated().map { index, file in
            guard let url = file.url else { throw CloudflareError.fileWithoutURL(at: index) }
            return url
        }
        tags = try Self.names(.tags, in: container)
        hosts = try Self.names(.hosts, in: container)
        prefixes = try Self.names(.prefixes, in: container)
    }

    private static func names(
        _ key: CodingKeys, in container: KeyedDecodingContainer<CodingKeys>
    ) throws -> [String]? {
        try list(Name.self, key, in: container)?.enumerated().map { index, name in
            guard let text = name.text else { throw CloudflareError.notAString(key.rawValue, at: index) }
            return text
        }
    }

    private static func list<Element: Decodable>(
        _ type: Element.Type, _ key: CodingKeys, in container: KeyedDecodingContainer<CodingKeys>
    ) throws -> [Element]? {
        guard container.contains(key), (try? container.decodeNil(forKey: key)) == false else { return nil }
        guard let list = try? container.decode([Element].self, forKey: key) else {
            throw CloudflareError.notAnArray(key.rawValue)
        }
        return list
    }
}
