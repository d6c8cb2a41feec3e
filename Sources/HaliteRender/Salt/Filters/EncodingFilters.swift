import HaliteJinja
import HaliteValue

/// `json_encode_dict` and its like: texts inside of data as bytes; and tables of MySQL.
enum EncodingFilters {
    private static let parameters = "data, encoding=, errors=, keep=, preserve_dict_class=, preserve_tuples="

    static let table: [String: JinjaFunction] = [
        "json_encode_dict": dict, "json_decode_dict": dict, "json_encode_list": list, "json_decode_list": list,
        "mysql_to_dict": SaltFilter.define("mysql_to_dict", "data, key", mysql),
    ]

    private static let dict = SaltFilter.define("encode_dict", parameters) { arguments, context in
        guard case .dict = arguments.value(0) else { throw SaltFilter.noAttribute(arguments.value(0), "items") }
        return try encoded(arguments.value(0), keepsTuples: arguments.flag(5), keepsClass: arguments.flag(4), context, depth: 0)
    }

    private static let list = SaltFilter.define("encode_list", parameters) { arguments, context in
        var items: [JinjaValue] = []
        for item in try arguments.value(0).elements(context) {
            items.append(try encoded(item, keepsTuples: arguments.flag(5), keepsClass: arguments.flag(4), context, depth: 0))
        }
        return .list(of: items)
    }

    private static func encoded(
        _ value: JinjaValue, keepsTuples: Bool, keepsClass: Bool, _ context: TemplateContext, depth: Int
    ) throws -> JinjaValue {
        try context.state.step(8)
        guard depth < 200 else { return .null }
        func inner(_ value: JinjaValue) throws -> JinjaValue {
            try encoded(value, keepsTuples: keepsTuples, keepsClass: keepsClass, context, depth: depth + 1)
        }
        switch value {
        case .string(let text), .markup(let text): return .bytes(Array(text.utf8))
        case .list(let list): return .list(of: try list.items.map(inner))
        case .tuple(let tuple):
            let items = try tuple.items.map(inner)
            return keepsTuples ? .tuple(of: items) : .list(of: items)
        case .dict(let dict):
            let result = JinjaDict()
            result.isOrdered = keepsClass && dict.isOrdered
            for entry in dict.entries { try result.set(try inner(entry.key), try inner(entry.value)) }
            return .dict(result)
        default: return value
        }
    }

    /// The lines that `mysql` draws around its answer, by the column that is the key.
    private static func mysql(_ arguments: [JinjaValue?], _ context: TemplateContext) throws -> JinjaValue {
        let result = JinjaDict()
        var headers: [String] = [""]
        for line in try arguments.value(0).elements(context) {
            guard try line.isTrue() else { continue }
            guard let text = line.text else { throw SaltFilter.noAttribute(line, "startswith") }
            if text.hasPrefix("+") { continue }
            let columns = PythonSplit.parts(text, "|", limit: -1).map {
                PythonSplit.strip($0, left: true, right: true, characters: nil)
            }
            guard headers.count > 1 else {
                headers = columns
                continue
            }
            let row = JinjaDict()
            for field in 1..<max(1, headers.count - 1) {
                guard field < columns.count else { throw JinjaError(.index, "list index out of range") }
                let text = columns[field]
                let number = PythonText.integer(text).map { JinjaValue($0) } ?? PythonText.float(text).map { .float($0) }
                row.set(headers[field], number ?? .string(text))
            }
            guard let key = try row.value(arguments.value(1)) else {
                throw JinjaError(.key, try arguments.value(1).repr())
            }
            try result.set(key, .dict(row))
        }
        return .dict(result)
    }
}
