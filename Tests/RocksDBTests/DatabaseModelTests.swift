import TestSupport
import Testing

@testable import RocksDB

/// Random operations on a database and on a dictionary must give the same answers.
struct DatabaseModelTests {
    @Test(arguments: [1, 2, UInt64.random(in: 0 ... .max), .random(in: 0 ... .max)])
    func `the database agrees with a dictionary`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let directory = try TemporaryDirectory()
        let names = ["one", "two"]
        var database = try openDatabase(directory.appending("db"), names)
        var model: [String: [[UInt8]: [UInt8]]] = ["one": [:], "two": [:]]
        for step in 0..<600 {
            let name = names[Int.random(in: 0...1, using: &generator)]
            let note: Comment = "seed \(seed), step \(step)"
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<10: try write(to: database, &model, names, &generator)
            case 10..<14: try compareRange(database, model, name, &generator, note)
            case 14..<17: try compareKeys(database, model, name, &generator, note)
            case 17: try database.flush()
            case 18: try database.compact(database.columnFamily(name))
            default:
                database.close()
                database = try openDatabase(directory.appending("db"), names)
            }
        }
        for name in names {
            let expected = (model[name] ?? [:]).map { Entry(key: $0.key, value: $0.value) }
            #expect(try Set(database.entries(in: database.columnFamily(name))) == Set(expected), "seed \(seed)")
        }
    }

    private func write(
        to database: Database, _ model: inout [String: [[UInt8]: [UInt8]]], _ names: [String],
        _ generator: inout SeededGenerator
    ) throws {
        var batch = WriteBatch()
        for _ in 0..<Int.random(in: 0..<40, using: &generator) {
            let name = names[Int.random(in: 0...1, using: &generator)]
            let family = try database.columnFamily(name)
            let key = generator.keyBytes(upTo: 3)
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<7:
                let value = generator.keyBytes(upTo: 200)
                batch.put(key, value, in: family)
                model[name]?[key] = value
            case 7..<9:
                batch.delete(key, in: family)
                model[name]?[key] = nil
            default:
                let bounds = [key, generator.keyBytes(upTo: 3)].sorted { $0.lexicographicallyPrecedes($1) }
                batch.deleteRange(from: bounds[0], to: bounds[1], in: family)
                model[name] = model[name]?.filter { !isInRange($0.key, bounds[0], bounds[1]) }
            }
        }
        try database.write(batch, sync: Bool.random(using: &generator))
    }

    private func compareRange(
        _ database: Database, _ model: [String: [[UInt8]: [UInt8]]], _ name: String, _ generator: inout SeededGenerator,
        _ note: Comment
    ) throws {
        let lower = generator.keyBytes(upTo: 3)
        let upper = Bool.random(using: &generator) ? generator.keyBytes(upTo: 3) : nil
        let limit = Bool.random(using: &generator) ? Int.random(in: 1...5, using: &generator) : Int.max
        let family = try database.columnFamily(name)
        let inRange = (model[name] ?? [:]).filter { isInRange($0.key, lower, upper) }
            .map { Entry(key: $0.key, value: $0.value) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        #expect(
            try database.entries(in: family, from: lower, to: upper, limit: limit) == Array(inRange.prefix(limit)), note
        )
        #expect(try database.lastKey(in: family, notBelow: lower, below: upper) == inRange.last?.key, note)
    }

    private func compareKeys(
        _ database: Database, _ model: [String: [[UInt8]: [UInt8]]], _ name: String, _ generator: inout SeededGenerator,
        _ note: Comment
    ) throws {
        let family = try database.columnFamily(name)
        let keys = (0..<Int.random(in: 0..<70, using: &generator)).map { _ in generator.keyBytes(upTo: 3) }
        let expected = keys.map { model[name]?[$0] }
        #expect(try database.values(forKeys: keys, in: family) == expected, note)
        for (key, value) in zip(keys, expected).prefix(5) {
            #expect(try database.value(forKey: key, in: family) == value, note)
        }
    }

    private func isInRange(_ key: [UInt8], _ lower: [UInt8], _ upper: [UInt8]?) -> Bool {
        !key.lexicographicallyPrecedes(lower) && upper.map { key.lexicographicallyPrecedes($0) } ?? true
    }
}
