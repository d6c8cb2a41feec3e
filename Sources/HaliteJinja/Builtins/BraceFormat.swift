import HaliteValue

/// Python's `str.format`.
struct BraceFormat {
    private let call: JinjaCall
    private let mapping: JinjaValue?
    private let isMarkup: Bool
    /// The next field without a number; nil once fields are numbered.
    private var automatic = 0
    private var usesAutomatic: Bool?

    static func format(_ text: String, _ call: JinjaCall, mapping: JinjaValue? = nil, isMarkup: Bool) throws -> String {
        var formatter = BraceFormat(call: call, mapping: mapping, isMarkup: isMarkup)
        return try formatter.run(Array(text.unicodeScalars), depth: 2)
    }

    private init(call: JinjaCall, mapping: JinjaValue?, isMarkup: Bool) {
        self.call = call
        self.mapping = mapping
        self.isMarkup = isMarkup
    }

    private mutating func run(_ scalars: [Unicode.Scalar], depth: Int) throws -> String {
        guard depth > 0 else { throw JinjaError(.value, "Max string recursion exceeded") }
        var result = ""
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            if scalar == "{" {
                if index < scalars.count, scalars[index] == "{" {
                    result += "{"
                    index += 1
                    continue
                }
                var nesting = 1
                let start = index
                while index < scalars.count, nesting > 0 {
                    if scalars[index] == "{" { nesting += 1 }
                    if scalars[index] == "}" { nesting -= 1 }
                    index += 1
                }
                if nesting > 0 {
                    let message = start == scalars.count ? "Single '{' encountered in format string" : "expected '}' before end of string"
                    throw JinjaError(.value, message)
                }
                result += try field(Array(scalars[start..<(index - 1)]), depth: depth)
                try call.context.state.reserve(result.utf8.count)
            } else if scalar == "}" {
                guard index < scalars.count, scalars[index] == "}" else {
                    throw JinjaError(.value, "Single '}' encountered in format string")
                }
                result += "}"
                index += 1
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private mutating func field(_ scalars: [Unicode.Scalar], depth: Int) throws -> String {
        var end = 0
        var inBrackets = false
        while end < scalars.count {
            let scalar = scalars[end]
            if scalar == "[" { inBrackets = true }
            if scalar == "]" { inBrackets = false }
            if scalar == "{" { throw JinjaError(.value, "unexpected '{' in field name") }
            if !inBrackets, scalar == ":" || scalar == "!" { break }
            end += 1
        }
        var value = try lookup(Array(scalars[..<end]))
        var rest = scalars[end...]
        if rest.first == "!" {
            rest = rest.dropFirst()
            guard let conversion = rest.first else {
                throw JinjaError(.value, "end of string while looking for conversion specifier")
            }
            rest = rest.dropFirst()
            if let next = rest.first, next != ":" { throw JinjaError(.value, "expected ':' after conversion specifier") }
            switch conversion {
            case "r": value = .string(try value.repr())
            case "s": value = .string(try value.str())
            case "a": value = .string(try Self.ascii(value))
            default:
                throw JinjaError(.value, "Unknown conversion specifier \(conversion)")
            }
        }
        let spec = rest.first == ":" ? try run(Array(rest.dropFirst()), depth: depth - 1) : ""
        let text = try FormatSpec.format(value, spec)
        return isMarkup && !value.isMarkup ? escapeHTML(text) : text
    }

    static func ascii(_ value: JinjaValue) throws -> String {
        var result = ""
        for scalar in try value.repr().unicodeScalars {
            if scalar.isASCII { result.unicodeScalars.append(scalar) } else { result += PythonText.escape(scalar) }
        }
        return result
    }

    private mutating func lookup(_ name: [Unicode.Scalar]) throws -> JinjaValue {
        var index = name.firstIndex { $0 == "." || $0 == "[" } ?? name.count
        let first = String(String.UnicodeScalarView(name[..<index]))
        var value = try base(first)
        while index < name.count {
            let isItem = name[index] == "["
            index += 1
            let start = index
            if isItem {
                guard let close = name[index...].firstIndex(of: "]") else { throw JinjaError(.value, "Missing ']' in format string") }
                index = close + 1
                let key = String(String.UnicodeScalarView(name[start..<close]))
                if key.isEmpty { throw JinjaError(.value, "Empty attribute in format string") }
                if index < name.count, name[index] != ".", name[index] != "[" {
                    throw JinjaError(.value, "Only '.' or '[' may follow ']' in format field specifier")
                }
                let keyValue: JinjaValue = Int(key).map { .int($0) } ?? .string(key)
                guard let found = try Access.pythonItem(value, keyValue) else { throw Self.missing(value, keyValue) }
                value = found
            } else {
                index = name[index...].firstIndex { $0 == "." || $0 == "[" } ?? name.count
                let attribute = String(String.UnicodeScalarView(name[start..<index]))
                if attribute.isEmpty { throw JinjaError(.value, "Empty attribute in format string") }
                guard let found = try Access.pythonAttribute(value, attribute) else {
                    throw JinjaError(.attribute, "'\(value.typeName)' object has no attribute '\(attribute)'")
                }
                value = found
            }
        }
        return value
    }

    private static func missing(_ value: JinjaValue, _ key: JinjaValue) -> JinjaError {
        switch value {
        case .dict: return JinjaError(.key, (try? key.repr()) ?? "")
        case .list, .tuple:
            if key.integer == nil {
                return JinjaError(.type, "\(value.typeName) indices must be integers or slices, not str")
            }
            return JinjaError(.index, "\(value.typeName) index out of range")
        case .string, .markup:
            return key.integer == nil
                ? JinjaError(.type, "string indices must be integers, not 'str'") : JinjaError(.index, "string index out of range")
        default: return JinjaError(.type, "'\(value.typeName)' object is not subscriptable")
        }
    }

    private mutating func base(_ name: String) throws -> JinjaValue {
        if name.isEmpty || name.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            let isAutomatic = name.isEmpty
            if let usesAutomatic, usesAutomatic != isAutomatic {
                throw JinjaError(
                    .value,
                    isAutomatic
                        ? "cannot switch from manual field specification to automatic field numbering"
                        : "cannot switch from automatic field numbering to manual field specification")
            }
            usesAutomatic = isAutomatic
            let position = isAutomatic ? automatic : Int(name) ?? .max
            automatic += 1
            if mapping != nil {
                throw JinjaError(.value, "Format string contains positional fields")
            }
            guard position < call.positional.count else {
                throw JinjaError(.index, "Replacement index \(position) out of range for positional args tuple")
            }
            return call.positional[position]
        }
        if let mapping {
            guard let found = try Access.pythonItem(mapping, .string(name)) else { throw JinjaError(.key, name.quoted) }
            return found
        }
        guard let value = call.keyword(name) else { throw JinjaError(.key, name.quoted) }
        return value
    }
}
