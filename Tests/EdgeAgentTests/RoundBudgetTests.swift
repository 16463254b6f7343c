import Testing

@testable import EdgeAgent

@Suite struct RoundBudgetTests {
    @Test func `zones share a round, and purges their zone's part of it`() {
        var budget = RoundBudget(objects: 2048, purges: ["many": 300, "one": 1])
        var handled = 0
        while budget.room("many") > 0 {
            #expect(budget.room("many") == 16)
            budget.use(objects: 16, looks: 0, of: "many")
            handled += 16
        }
        #expect(handled == 1024)
        #expect(budget.room("one") == 1024)
        #expect(RoundBudget(objects: 2048, purges: ["one": 1]).room("one") == 1024)
    }

    @Test func `however many zones there are, each gets something`() {
        let zones = (0..<500).map { "zone-\($0)" }
        var budget = RoundBudget(objects: 2048, purges: Dictionary(uniqueKeysWithValues: zones.map { ($0, 1) }))
        for zone in zones {
            #expect(budget.room(zone) == 16)
            budget.use(objects: 16, looks: 0, of: zone)
            #expect(budget.room(zone) == 0)
        }
    }

    @Test func `looks that find nothing count, four as one object`() {
        var budget = RoundBudget(objects: 2048, purges: ["a": 1, "b": 1])
        budget.use(objects: 0, looks: 4 * 1000, of: "a")
        #expect(budget.room("a") == 24)
        budget.use(objects: 0, looks: 0, of: "b")
        #expect(budget.room("b") == 1023)
    }

    @Test func `a round that takes too long is followed by smaller ones`() {
        var pace = RoundPace()
        let most = pace.objects
        for _ in 0..<20 { pace.took(.seconds(1)) }
        #expect(pace.objects >= 16 && pace.objects < most / 8)
        let least = pace.objects
        pace.took(.milliseconds(40))
        #expect(pace.objects == least)
        for _ in 0..<20 { pace.took(.milliseconds(1)) }
        #expect(pace.objects == most)
    }
}
