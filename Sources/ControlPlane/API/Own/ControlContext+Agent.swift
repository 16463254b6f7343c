import Foundation
import Hummingbird

extension ControlContext {
    /// The agent that the path names.
    ///
    /// The router hands parameters on as they stand in the path.
    var agent: String {
        let text = parameters.get("agent") ?? ""
        return text.removingPercentEncoding ?? text
    }
}
