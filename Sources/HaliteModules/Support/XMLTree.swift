import HaliteModuleKit
import HaliteValue

/// The elements of an XML document with their texts; attributes and comments are passed over, entities beyond the five are refused.
struct XMLTree: Sendable {
    let name: String
    private(set) var text: String?
    private(set) var children: [XMLTree] = []

    private init(name: String) { self.name = name }

    init(_ document: String) throws {
        var rest = document[...]
        var open: [XMLTree] = []
        while let start = rest.firstIndex(of: "<") {
            if !open.isEmpty, open[open.count - 1].children.isEmpty { open[open.count - 1].append(try Self.unescaped(rest[..<start])) }
            rest = rest[start...]
            if let content = rest.dropPrefix("<![CDATA[") {
                guard let end = content.firstRange(of: "]]>") else { break }
                if !open.isEmpty { open[open.count - 1].append(String(content[..<end.lowerBound])) }
                rest = content[end.upperBound...]
                continue
            }
            let mark = rest.hasPrefix("<!--") ? "-->" : rest.hasPrefix("<?") ? "?>" : ">"
            guard let end = rest.firstRange(of: mark) else { break }
            let tag = rest[rest.index(after: start)..<end.lowerBound]
            rest = rest[end.upperBound...]
            if tag.hasPrefix("!") || tag.hasPrefix("?") { continue }
            if !tag.hasPrefix("/") {
                guard open.count < 200 else { throw ExecutionError("the XML is too deep") }
                let name = tag.prefix { !$0.isWhitespace && $0 != "/" }
                open.append(XMLTree(name: String(name)))
                if !tag.hasSuffix("/") { continue }
            }
            guard let done = open.popLast() else { break }
            if open.isEmpty {
                self = done
                return
            }
            open[open.count - 1].children.append(done)
        }
        throw ExecutionError("the XML ends before its first element does")
    }

    private mutating func append(_ more: String) { if !more.isEmpty { text = (text ?? "") + more } }

    private static func unescaped(_ text: Substring) throws -> String {
        guard text.contains("&") else { return String(text) }
        return String(text).replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"")
            .replacing("&apos;", with: "'").replacing("&amp;", with: "&")
    }

    /// As Salt turns elements into a dictionary: names to texts, repeated ones to lists.
    var map: ValueMap {
        guard !children.isEmpty else { return [.string(name): text.value] }
        var map = ValueMap()
        for child in children {
            let key = Value.string(child.name)
            guard let found = map[key] else {
                map[key] = child.children.isEmpty ? child.text.value : .map(child.map)
                continue
            }
            map[key] = .list((found.listValue ?? [found]) + [.map(child.map)])
        }
        return map
    }
}

extension Substring {
    fileprivate func dropPrefix(_ prefix: String) -> Substring? { hasPrefix(prefix) ? dropFirst(prefix.count) : nil }
}
