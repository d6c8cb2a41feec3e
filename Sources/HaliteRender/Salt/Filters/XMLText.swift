import HaliteJinja
import HaliteValue

/// A document of nested data: dictionaries are elements, their plain values attributes of the element around.
enum XMLText {
    private final class Element {
        let tag: String
        var attributes: [(name: String, value: String)] = []
        var text: String?
        var children: [Element] = []
        init(_ tag: String) { self.tag = tag }
    }

    static func document(_ value: JinjaValue, _ context: TemplateContext) throws -> String {
        guard let root = try tree(try items(value).map(pair), nil, context, depth: 0) else {
            throw JinjaError(.attribute, "'NoneType' object has no attribute 'iter'")
        }
        var text = "<?xml version=\"1.0\" ?>\n"
        write(root, indent: "", to: &text)
        return text
    }

    /// What is gone through: pairs of a name and a value.
    private static func items(_ value: JinjaValue) throws -> [JinjaValue] {
        let items: [JinjaValue]
        switch value {
        case .dict(let dict): return dict.entries.map { .pair($0.key, $0.value) }
        case .list(let list): items = list.items
        case .tuple(let tuple): items = tuple.items
        default: throw JinjaError(.templateRuntime, "Value is not a dict or list. Cannot render as XML")
        }
        guard let first = items.first else { throw JinjaError(.index, "\(value.typeName) index out of range") }
        return first.isText ? items : []
    }

    private static func pair(_ item: JinjaValue) throws -> (tag: JinjaValue, value: JinjaValue) {
        let parts = try item.requiredIterator()
        guard let tag = try parts.next(), let value = try parts.next() else {
            throw JinjaError(.value, "not enough values to unpack (expected 2, got \(try item.length() ?? 0))")
        }
        guard try parts.next() == nil else { throw JinjaError(.value, "too many values to unpack (expected 2)") }
        return (tag, value)
    }

    private static func tree(
        _ pairs: [(tag: JinjaValue, value: JinjaValue)], _ parent: Element?, _ context: TemplateContext, depth: Int
    ) throws -> Element? {
        guard depth < 200 else { throw JinjaError(.recursion, "maximum recursion depth exceeded") }
        var last: Element?
        for (tag, value) in pairs {
            try context.state.step(8)
            if case .list(let list) = value {
                for item in list.items { _ = try tree([(tag, item)], parent, context, depth: depth + 1) }
            } else {
                let element = Element(try tag.str())
                parent?.children.append(element)
                last = element
            }
            switch value {
            case .string, .markup, .int, .big, .bool, .float:
                last?.text = try value.str()
                continue
            case .dict(let dict):
                last?.attributes = try dict.entries.compactMap { entry in
                    switch entry.value {
                    case .dict, .list: nil
                    default: (try entry.key.str(), try entry.value.str())
                    }
                }
            default: break
            }
            for item in try items(value) {
                guard let inner = try Access.pythonItem(item, .int(1)) else {
                    throw JinjaError(.index, "\(item.isText ? "string" : item.typeName) index out of range")
                }
                switch inner {
                case .dict, .list: _ = try tree([try pair(item)], last, context, depth: depth + 1)
                default: continue
                }
            }
        }
        return last
    }

    private static func write(_ element: Element, indent: String, to text: inout String) {
        text += "\(indent)<\(element.tag)"
        for (name, value) in element.attributes { text += " \(name)=\"\(escape(value, quotes: true))\"" }
        if element.children.isEmpty, element.text == nil || element.text == "" {
            text += "/>\n"
        } else if element.children.isEmpty {
            text += ">\(escape(element.text ?? "", quotes: false))</\(element.tag)>\n"
        } else {
            text += ">\n"
            for child in element.children { write(child, indent: indent + " ", to: &text) }
            text += "\(indent)</\(element.tag)>\n"
        }
    }

    private static func escape(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\n" where quotes: escaped += "&#10;"
            case "\r" where quotes: escaped += "&#13;"
            case "\t" where quotes: escaped += "&#9;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
