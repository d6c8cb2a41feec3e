import Synchronization

/// Functions by full name, `module.function`. The table of a module is made when one of its functions is first asked for: a
/// call needs a few modules of the many, and building all of them would be most of the time of a short call.
package final class FunctionTable<Element: Sendable>: Sendable {
    package typealias Source = @Sendable () -> [(name: String, element: Element)]

    /// Module name to what lists its functions; where two sources have a function of one name, the later counts.
    private let sources: [String: [Source]]
    private let tables = Mutex<[String: [String: Element]]>([:])

    package init(_ sources: [String: [Source]]) { self.sources = sources }

    package subscript(name: String) -> Element? {
        guard let dot = name.utf8.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        return table(String(name[..<dot]))?[String(name[name.index(after: dot)...])]
    }

    /// The functions of one module by their own names; nil when there is no such module.
    package func table(_ module: String) -> [String: Element]? {
        guard let sources = sources[module] else { return nil }
        return tables.withLock { tables in
            if let table = tables[module] { return table }
            var table: [String: Element] = [:]
            for source in sources {
                for (name, element) in source() { table[name] = element }
            }
            tables[module] = table
            return table
        }
    }

    /// Everything by full name. Makes all tables.
    package var all: [String: Element] {
        var found: [String: Element] = [:]
        for module in sources.keys {
            for (name, element) in table(module) ?? [:] { found["\(module).\(name)"] = element }
        }
        return found
    }

    package var names: [String] { sources.keys.flatMap { module in (table(module) ?? [:]).keys.map { "\(module).\($0)" } } }
}
