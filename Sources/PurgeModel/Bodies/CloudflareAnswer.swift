/// The object that every answer of the Cloudflare API is wrapped in.
package struct CloudflareAnswer<Result: Codable & Sendable>: Codable, Sendable {
    private enum CodingKeys: String, CodingKey {
        case success, errors, messages, result
        case resultInfo = "result_info"
    }

    /// True exactly when the status is 200.
    package let success: Bool
    package let errors: [CloudflareProblem]
    /// What somebody should know though nothing is wrong; clients expect the list also when it is empty.
    package let messages: [CloudflareProblem]
    package let result: Result?
    package let resultInfo: CloudflarePage?

    package init(result: Result, messages: [CloudflareProblem] = [], resultInfo: CloudflarePage? = nil) {
        success = true
        errors = []
        self.messages = messages
        self.result = result
        self.resultInfo = resultInfo
    }

    package init(errors: [CloudflareProblem]) {
        success = false
        self.errors = errors
        messages = []
        result = nil
        resultInfo = nil
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(success, forKey: .success)
        try container.encode(errors, forKey: .errors)
        try container.encode(messages, forKey: .messages)
        // `null` and not absent: the schema requires the field.
        try container.encode(result, forKey: .result)
        try container.encodeIfPresent(resultInfo, forKey: .resultInfo)
    }
}
