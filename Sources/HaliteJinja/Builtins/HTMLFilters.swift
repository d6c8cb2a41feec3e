import HaliteValue

enum HTMLFilters {
    private static let define = BuiltinFilters.define

    static let table: [String: BuiltinFunction] = [
        "escape": define("escape", "s") { arguments, _ in .markup(try Markup.escape(arguments.value(0))) },
        "e": define("escape", "s") { arguments, _ in .markup(try Markup.escape(arguments.value(0))) },
        "forceescape": define("do_forceescape", "value") { arguments, _ in .markup(escapeHTML(try arguments.text(0))) },
        "safe": define("do_mark_safe", "value") { arguments, _ in .markup(try arguments.text(0)) },
        "striptags": define("do_striptags", "value") { arguments, _ in .string(HTMLText.stripTags(try arguments.text(0))) },
        "urlencode": define("do_urlencode", "value") { arguments, context in
            let value = arguments.value(0)
            if value.text != nil { return .string(try URLText.quote(value)) }
            guard try value.iterator() != nil else { return .string(try URLText.quote(value)) }
            let pairs: [JinjaValue]
            if case .dict(let dict) = value {
                pairs = dict.entries.map { .pair($0.key, $0.value) }
            } else {
                pairs = try value.elements(context)
            }
            let parts = try pairs.map { pair in
                let items = try pair.unpacked(count: 2)
                return try URLText.quote(items[0], inQuery: true) + "=" + URLText.quote(items[1], inQuery: true)
            }
            return .string(parts.joined(separator: "&"))
        },
        "xmlattr": define("do_xmlattr", "@d, autospace=") { arguments, context in
            guard case .dict(let dict) = arguments.value(0) else {
                throw arguments.value(0).lacks("items")
            }
            var parts: [String] = []
            for entry in dict.entries {
                if case .null = entry.value { continue }
                if entry.value.isUndefined { continue }
                guard let key = entry.key.text else {
                    throw JinjaError(.type, "expected string or bytes-like object, got '\(entry.key.typeName)'")
                }
                if key.utf8.contains(where: { $0 == 0x20 || (0x09...0x0D).contains($0) || $0 == 0x2F || $0 == 0x3E || $0 == 0x3D }) {
                    throw JinjaError(.value, "Invalid character in attribute name: \(key.quoted)")
                }
                parts.append("\(try Markup.escape(entry.key))=\"\(try Markup.escape(entry.value))\"")
            }
            var text = parts.joined(separator: " ")
            if try arguments.flag(1, default: true), !text.isEmpty { text = " " + text }
            return context.markSafe(text)
        },
        "urlize": define("do_urlize", "@value, trim_url_limit=, nofollow=, target=, rel=, extra_schemes=") { arguments, context in
            let given = arguments.given(4) ?? .string("")
            guard let words = try given.isTrue() ? given.text : "" else { throw given.lacks("split") }
            var rel = Set(PythonSplit.words(words, limit: -1))
            if try arguments.flag(2) { rel.insert("nofollow") }
            rel.insert("noopener")
            let schemes = try arguments.given(5)?.elements(context).map { try $0.str() } ?? []
            for scheme in schemes where !URLText.isScheme(scheme) {
                throw JinjaError(.filterArgument, "\(scheme.quoted) is not a valid URI scheme prefix.")
            }
            let linker = Linker(
                limit: arguments.given(1)?.integer, rel: rel.sorted().joined(separator: " "),
                target: try arguments.given(3)?.str(), schemes: schemes)
            return context.markSafe(linker.run(try Markup.escape(arguments.value(0))))
        },
    ]
}

/// Percent encoding.
enum URLText {
    static func quote(_ value: JinjaValue, inQuery: Bool = false) throws -> String {
        let bytes: [UInt8]
        if case .bytes(let raw) = value { bytes = raw } else { bytes = Array(try value.str().utf8) }
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in bytes {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2E, 0x2D, 0x7E: result.append(byte)
            case 0x2F where !inQuery: result.append(byte)
            case 0x20 where inQuery: result.append(0x2B)
            default: result += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Two characters or more, a colon, and at most two slashes.
    static func isScheme(_ text: String) -> Bool {
        var rest = text.unicodeScalars[...]
        var slashes = 0
        while rest.last == "/", slashes < 2 {
            rest = rest.dropLast()
            slashes += 1
        }
        guard rest.last == ":" else { return false }
        rest = rest.dropLast()
        return rest.count >= 2
            && rest.allSatisfy { PythonCase.isAlphanumeric($0) || "_.+-".unicodeScalars.contains($0) }
    }
}

/// JSON for HTML, as `tojson` writes it.
enum JSONText {
    static func htmlSafe(_ value: JinjaValue, indent: JinjaValue?) throws -> String {
        var indentation: Int?
        if let indent {
            guard let number = indent.integer else { throw JinjaError(.type, "indent must be an integer") }
            indentation = number
        }
        var left = JinjaValue.elementLimit
        try check(value, depth: 0, &left)
        let text = try value.freeze().json(indent: indentation, sortKeys: true)
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "<"): result += "\\u003c".utf8
            case UInt8(ascii: ">"): result += "\\u003e".utf8
            case UInt8(ascii: "&"): result += "\\u0026".utf8
            case UInt8(ascii: "'"): result += "\\u0027".utf8
            case 0x7F: result += "\\u007f".utf8
            default: result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Refuses what Python's encoder refuses.
    private static func check(_ value: JinjaValue, depth: Int, _ left: inout Int) throws {
        left -= 1
        if left < 0 { throw JinjaError(.memory, "the text would be larger than the limit") }
        if depth > 150 { throw JinjaError(.value, "Circular reference detected") }
        switch value {
        case .undefined(let undefined):
            throw JinjaError(.type, "Object of type \(undefined.policy.className) is not JSON serializable")
        case .bytes: throw JinjaError(.type, "Object of type bytes is not JSON serializable")
        case .object(let object):
            guard object.isMapping else {
                throw JinjaError(.type, "Object of type \(object.typeName) is not JSON serializable")
            }
        case .list(let list): for item in list.items { try check(item, depth: depth + 1, &left) }
        case .tuple(let tuple): for item in tuple.items { try check(item, depth: depth + 1, &left) }
        case .dict(let dict):
            for entry in dict.entries {
                switch entry.key {
                case .string, .markup, .int, .big, .float, .bool, .null: break
                case let other:
                    throw JinjaError(
                        .type, "keys must be str, int, float, bool or None, not \(other.typeName)")
                }
                try check(entry.value, depth: depth + 1, &left)
            }
            // Keys of different kinds cannot be put in order.
            if dict.count > 1 { _ = try Sorting.sorted(dict.entries.map(\.key)) { $0 } }
        default: break
        }
    }
}
