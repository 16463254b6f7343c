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
        files = try Self.list(.files, in: container) { entries, index in
            guard let url = (try? entries.decode(File.self))?.url else {
                throw CloudflareError.fileWithoutURL(at: index)
            }
            return url
        }
        tags = try Self.names(.tags, in: container)
        hosts = try Self.names(.hosts, in: container)
        prefixes = try Self.names(.prefixes, in: container)
    }

    private static func names(
        _ key: CodingKeys, in container: KeyedDecodingContainer<CodingKeys>
    ) throws -> [String]? {
        try list(key, in: container) { entries, index in
            guard let text = try? entries.decode(String.self) else {
                throw CloudflareError.notAString(key.rawValue, at: index)
            }
            return text
        }
    }

    /// Ends with the first entry that is wrong: half a million of them would take half a second.
    private static func list(
        _ key: CodingKeys, in container: KeyedDecodingContainer<CodingKeys>,
        _ read: (inout any UnkeyedDecodingContainer, _ index: Int) throws -> String
    ) throws -> [String]? {
        guard container.contains(key), (try? container.decodeNil(forKey: key)) == false else { return nil }
        guard var entries = try? container.nestedUnkeyedContainer(forKey: key) else {
            throw CloudflareError.notAnArray(key.rawValue)
        }
        var list: [String] = []
        while !entries.isAtEnd { list.append(try read(&entries, list.count)) }
        return list
    }
}
