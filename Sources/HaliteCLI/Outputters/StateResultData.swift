import HaliteValue

/// One state's result as it stands in a return: its tag (`module_|-id_|-name_|-function`) and its fields.
struct StateResultData {
    let tag: Value
    let fields: ValueMap

    var result: Value { fields["result"] ?? .null }
    var isSuccess: Bool { result.isTruthy }

    /// Only `False` is a failure; a zero is not.
    var hasFailed: Bool {
        if case .bool(false) = result { true } else { false }
    }

    /// The colour of a state that failed or would change something.
    var alarm: Palette.Colour? {
        if hasFailed { return .red }
        return result.isNull ? .lightYellow : nil
    }

    /// The four parts of the tag.
    var parts: [String] {
        get throws(OutputMisfit) {
            guard case .string(let text) = tag else { throw OutputMisfit() }
            let parts = text.split(separator: "_|-", omittingEmptySubsequences: false).map { String($0) }
            guard parts.count >= 4 else { throw OutputMisfit() }
            return parts
        }
    }

    var changes: Value {
        get throws(OutputMisfit) {
            guard let changes = fields["changes"] else { throw OutputMisfit() }
            return changes
        }
    }

    /// How many changes stand in a block of states that were rolled into one.
    var compressedChangesCount: Int {
        get throws(OutputMisfit) {
            guard case .map(let map) = try changes else { throw OutputMisfit() }
            return max(map["compressed changes"]?.mapValue?.count ?? 0, 1)
        }
    }

    /// Nil when the state gave no warnings.
    var warnings: [String]? {
        get throws(OutputMisfit) {
            switch fields["warnings"] {
            case nil: return nil
            case .list(let list):
                var texts: [String] = []
                for element in list {
                    guard case .string(let text) = element else { throw OutputMisfit() }
                    texts.append(text)
                }
                return texts
            // Salt joins the letters of a text.
            case .string(let text): return text.unicodeScalars.map { String($0) }
            default: throw OutputMisfit()
            }
        }
    }

    /// The comment in the shape of the block: later lines stand below the first.
    var comment: String {
        get throws(OutputMisfit) {
            guard let value = fields["comment"] else { throw OutputMisfit() }
            var text = OutputText.replaced(OutputText.trimmed(value.pythonString), "\n", by: "\n" + OutputText.spaces(14))
            switch fields["data"] {
            case nil: break
            case .list(let list): for item in list { text += " " + item.pythonString }
            case .map(let map): for (key, item) in map { text += "\n\t\t\(key.pythonString): \(item.pythonString)" }
            case .some(let item): text += " " + item.pythonString
            }
            return text
        }
    }
}
