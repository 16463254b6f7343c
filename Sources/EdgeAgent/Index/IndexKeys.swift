import PurgeModel

/// The keys of the index, all ordered so that every question is one short range.
///
/// The layout is in `docs/architecture.md`.
enum IndexKeys {
    /// `objects`: object number.
    static func object(_ id: ObjectID) -> [UInt8] {
        var key: [UInt8] = []
        key.append(integer: id.rawValue)
        return key
    }

    /// `urls`: host number, target, a zero byte (which no target has), object number.
    static func url(_ host: UInt32, target: [UInt8], id: ObjectID) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(13 + target.count)
        key.append(integer: host)
        key.append(contentsOf: target)
        key.append(0)
        key.append(integer: id.rawValue)
        return key
    }

    /// The beginning of all `urls` keys of a host whose target begins with `target`.
    static func urlPrefix(_ host: UInt32, _ target: [UInt8] = []) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(4 + target.count + 1)
        key.append(integer: host)
        key.append(contentsOf: target)
        return key
    }

    /// `tags`: label number, object number.
    static func label(_ label: UInt32, _ id: ObjectID) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(12)
        key.append(integer: label)
        key.append(integer: id.rawValue)
        return key
    }

    /// The beginning of all `tags` keys of a label.
    static func labelPrefix(_ label: UInt32) -> [UInt8] {
        var key: [UInt8] = []
        key.append(integer: label)
        return key
    }

    /// The object number at the end of a `urls` or `tags` key.
    static func objectID(endOf key: Span<UInt8>) -> ObjectID? {
        guard key.count >= 8 else { return nil }
        var value: UInt64 = 0
        for index in (key.count - 8)..<key.count { value = value << 8 | UInt64(key[index]) }
        return ObjectID(rawValue: value)
    }

    /// `names`: a host by its name.
    static func hostName(_ reversedHost: [UInt8]) -> [UInt8] { [UInt8(ascii: "h")] + reversedHost }

    /// `names`: a label by its tag and host.
    ///
    /// Tags have no zero byte, so all hosts of a tag are neighbours.
    static func labelName(_ tag: [UInt8], _ reversedHost: [UInt8]) -> [UInt8] {
        [UInt8(ascii: "t")] + tag + [0] + reversedHost
    }

    /// The value in `names` of a host or label: its number.
    static func number(_ number: UInt32) -> [UInt8] {
        var value: [UInt8] = []
        value.append(integer: number)
        return value
    }

    /// `names`: the name of a host, by number.
    static func host(_ number: UInt32) -> [UInt8] {
        var key = [UInt8(ascii: "H")]
        key.append(integer: number)
        return key
    }

    /// `names`: tag, zero byte and host of a label, by number.
    static func labelNumber(_ number: UInt32) -> [UInt8] {
        var key = [UInt8(ascii: "T")]
        key.append(integer: number)
        return key
    }
}
