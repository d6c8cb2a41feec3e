import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Reads the configuration of logrotate, with the files that it includes.
enum LogrotateFile {
    static let scripts: Set<String> = ["firstaction", "lastaction", "prerotate", "postrotate", "preremove"]

    static func number(_ text: String) -> Value {
        let bare = text.stripped()
        return Int(bare.hasPrefix("+") ? String(bare.dropFirst()) : bare).map { .int($0) } ?? .string(text)
    }

    /// True itself, which the number 1 equals.
    static func isFlag(_ value: Value) -> Bool {
        if case .bool(true) = value { true } else { false }
    }

    private static func isFile(_ word: String) -> Bool {
        ["/", "~", "\"", "'"].contains { word.hasPrefix($0) } || word.contains { "*?[".contains($0) }
    }

    /// - Parameter depth: a file that includes itself ends somewhere.
    static func parse(_ path: String, _ host: any Host, depth: Int = 0) async throws -> ValueMap {
        guard depth < 10 else { throw ExecutionError("the files of logrotate include each other") }
        var all = ValueMap()
        var block: ValueMap?
        var (names, waiting): ([String], [String]) = ([], [])
        var script: (name: String, lines: [Value])?
        for line in PythonLines.split(try await host.readText(path)).map({ $0.stripped() }) {
            func put(_ key: String, _ value: Value) {
                if block != nil { block?[.string(key)] = value } else { all[.string(key)] = value }
            }
            if let open = script {
                if line == "endscript" {
                    put(open.name, .list(open.lines))
                    script = nil
                } else {
                    script?.lines.append(.string(line))
                }
                continue
            }
            if line.isEmpty || line.hasPrefix("#") { continue }
            let words = line.words()
            if line.contains("{"), !line.contains("}") {
                block = [:]
                names = waiting + words.filter { $0 != "{" }
                waiting = []
                continue
            }
            if line.contains("}") {
                for name in names { all[.string(name)] = .map(block ?? [:]) }
                (names, block) = ([], nil)
                continue
            }
            if block == nil, words.count == 1 {
                if isFile(words[0]) { waiting.append(words[0]) } else { all[.string(words[0])] = true }
                continue
            }
            if words[0] == "include", words.count > 1 { try await include(words[1], &all, host, depth) }
            if scripts.contains(words[0]), words.count == 1 {
                script = (words[0], [])
                continue
            }
            put(words[0], words.count > 2 ? .string(words.dropFirst().joined(separator: " ")) : words.count > 1 ? number(words[1]) : true)
        }
        for name in waiting { all[.string(name)] = true }
        return all
    }

    private static func include(_ folder: String, _ all: inout ValueMap, _ host: any Host, _ depth: Int) async throws {
        all["include"] = .string(folder)
        var files = all["include files"]?.mapValue ?? [:]
        for file in try await host.list(folder) {
            let content = try await parse(Path.join(folder, file), host, depth: depth + 1)
            for (key, value) in content { all[key] = value }
            files[.string(file)] = .list((files[file]?.listValue ?? []) + content.keys)
        }
        all["include files"] = .map(files)
    }

    static func block(_ key: String, _ settings: ValueMap) -> String {
        let lines = settings.map { name, value -> String in
            let word = name.pythonString
            if scripts.contains(word), let body = value.listValue {
                return "    \(word)\n" + body.map { "        \($0.pythonString)\n" }.joined() + "    endscript\n"
            }
            return "    \(word) \(isFlag(value) ? "" : value.pythonString)\n"
        }
        return "\(key) {\n\(lines.joined())}"
    }
}
