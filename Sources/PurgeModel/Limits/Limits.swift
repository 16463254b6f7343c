/// The numbers that bound what this system takes in, each with where it comes from.
///
/// They are defaults of the format, not of a plan: the control plane may set lower ones per account.
package struct Limits: Sendable, Hashable {
    /// Bytes of one purge event.
    ///
    /// Kafka's own default for a whole batch (`message.max.bytes`) is 1 MiB.
    package static let eventBytesMax = 1024 * 1024

    /// Levels of `{` and `[` in any JSON taken in.
    ///
    /// Our formats need five; the rest is room for unknown fields.
    package static let jsonDepthMax = 32

    /// Tags, hosts and prefixes in one API request.
    ///
    /// Source: the Cloudflare table "Max keys per request".
    package static let keysPerRequestMax = 100

    /// URLs in one API request.
    ///
    /// Source: Cloudflare error 1094, "Exceeded maximum amount of 500 files".
    package static let urlsPerRequestMax = 500

    /// Bytes of one tag in a purge.
    ///
    /// Source: Cloudflare error 1100 and the documentation of cache tags.
    package static let tagBytesMax = 1024

    /// Path separators in one prefix.
    ///
    /// Source: the Cloudflare documentation of purge by prefix.
    package static let prefixSeparatorsMax = 31

    /// Characters of one host name.
    ///
    /// Source: Cloudflare error 1114.
    package static let hostCharactersMax = 200

    /// Characters of one label of a host name.
    ///
    /// Source: RFC 1035 section 2.3.4.
    package static let hostLabelCharactersMax = 63

    /// Bytes of one URL or prefix.
    ///
    /// Our choice: the caches we serve take request lines of at most 8 KB (nginx) to 32 KB (Varnish) by default, so a
    /// longer one names nothing; and it becomes part of a database key.
    package static let urlBytesMax = 32 * 1024

    /// Bytes of a zone name.
    ///
    /// Our choice: it is a Kafka key and a column of the dashboard.
    package static let zoneBytesMax = 255

    /// Applied ranges one partition reports beyond its contiguous offset.
    ///
    /// Our choice: an acknowledgement of 64 partitions stays well under Kafka's message limit.
    package static let appliedRangesMax = 128
}
