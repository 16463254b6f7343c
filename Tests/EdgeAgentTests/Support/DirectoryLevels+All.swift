@testable import EdgeAgent

extension DirectoryLevels {
    /// Every `levels` value that nginx takes, and none.
    static let layouts: [[Int]] = {
        let one = [[1], [2]]
        let two = one.flatMap { first in [first + [1], first + [2]] }
        let three = two.flatMap { first in [first + [1], first + [2]] }
        return [[]] + one + two + three
    }()
}
