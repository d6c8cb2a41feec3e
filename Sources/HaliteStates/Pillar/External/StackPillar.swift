import HaliteCore
import HaliteHost
import HaliteJinja
import HaliteModuleKit
import HaliteRender
import HaliteValue

/// `stack` (PillarStack): YAML templates one over another, each of which sees what those before it made.
struct StackPillar: ExternalPillar {
    static let name = "stack"

    /// Files that list templates.
    private let lists: [String]
    /// `pillar:path`, `grains:path` or `opts:path` to values, each with files that list templates.
    private let choices: ValueMap

    init(_ arguments: Value) throws {
        choices = arguments.mapValue ?? [:]
        lists = choices.isEmpty ? (arguments.listValue ?? [arguments]).compactMap(\.stringValue) : []
    }

    func compile(_ request: ExternalPillarRequest) async throws -> ValueMap {
        let pillarenv = request.compiler.settings.dynamicEnvironment(
            pillarenv: request.pillarenv, saltenv: request.options["saltenv"]?.stringValue)
        var stack = ValueMap()
        for list in try lists + chosen(request, pillarenv) where try await LocalHost().isFile(list) {
            stack = try await StackRun(list: list, request: request).extend(stack)
        }
        return stack
    }

    private func chosen(_ request: ExternalPillarRequest, _ pillarenv: String) throws -> [String] {
        var options = request.options
        options["id"] = .string(request.minionID)
        let sources: [String: ValueMap] = ["pillar": request.pillar, "grains": request.context.grains, "opts": options]
        var found: [String] = []
        for (key, table) in choices {
            let parts = DataPath.split(key.pythonString, ":")
            guard let source = sources[parts[0]], parts.count > 1 else {
                throw ExecutionError("Unknown traverse option \"\(parts[0])\", should be one of dict_keys(['pillar', 'grains', 'opts'])")
            }
            let value = DataPath.traverse(.map(source), parts.dropFirst()) ?? .null
            for (wanted, lists) in table.mapValue ?? [:] {
                guard wanted == value || wanted == "__env__" && value == .string(pillarenv) else { continue }
                for list in lists.listValue ?? [lists] {
                    found.append(DataPath.split(list.pythonString, "__env__").joined(separator: pillarenv))
                }
            }
        }
        return found
    }
}

/// The templates that one file lists.
private struct StackRun {
    let list: String
    let request: ExternalPillarRequest

    private var folder: String { Path.parent(list) ?? "/" }
    private static let traverse = "__stack__.traverse"

    func extend(_ base: ValueMap) async throws -> ValueMap {
        var stack = base
        let listed = try await render(list, stack)
        for item in Self.items(listed) where !item.utf8.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
            for path in try await PathGlob.expand(item, below: folder) {
                let full = Path.join(folder, path)
                let text: String
                do { text = try await render(full, stack) } catch {
                    throw ExecutionError("Stack pillar template render error in \(full):\n\"\(error)\"")
                }
                let data: Value
                do { data = try YAML.load(text, file: full) } catch {
                    throw ExecutionError("Stack pillar yaml parsing error in \(full):\n\(error)\n\(text)")
                }
                if case .map(let map) = data { stack = try StackMerge.merge(stack, map) }
            }
        }
        return stack
    }

    /// A list in YAML, or lines.
    private static func items(_ text: String) -> [String] {
        if let list = (try? YAML.load(text, file: "stack"))?.listValue { return list.map(\.pythonString) }
        return text.split(separator: "\n", omittingEmptySubsequences: true).map { String($0) }
    }

    private func render(_ path: String, _ stack: ValueMap) async throws -> String {
        let source = try await LocalHost().readText(path)
        let files = RootsFileClient(roots: [("base", [folder])])
        let environment = SaltEnvironment(
            fetch: { path in
                try RenderThread.wait { () async throws -> TemplateSource? in
                    guard let file = try await files.fetch(path, saltenv: "base") else { return nil }
                    return TemplateSource(text: try await LocalText.read(file.localPath), path: path)
                }
            }, allowUndefined: true, limits: request.options["template_limits"])
        let scope = scope(path, stack)
        // The names that stack templates have in Salt, in front of the first line so that lines keep their numbers.
        let names = "{% set __salt__ = salt %}{% set __stack__ = {'traverse': salt['\(Self.traverse)'], 'cfg_path': __cfg_path__} %}"
        return try await RenderThread.run { try environment.render(source: names + source, name: path, scope: scope) }
    }

    private func scope(_ path: String, _ stack: ValueMap) -> TemplateScope {
        let context = request.context
        var options = request.options
        options["id"] = .string(request.minionID)
        options["pillarenv"] = request.pillarenv.value
        let values: ValueMap = [
            "stack": .map(stack), "ymlpath": .string(path), "__cfg_path__": .string(list), "__grains__": .map(context.grains),
            "__opts__": .map(options), "minion_id": .string(request.minionID), "pillarenv": request.pillarenv.value,
        ]
        return TemplateScope(
            grains: context.grains, pillar: request.pillar, options: options, saltenv: context.saltenv, values: values,
            call: { function, positional, keywords in
                if function == Self.traverse {
                    let values = positional + [.null, .null, .null]
                    let delimiter = keywords["delimiter"]?.stringValue ?? (positional.count > 3 ? positional[3].pythonString : ":")
                    let fallback = keywords["default"] ?? (positional.count > 2 ? positional[2] : .null)
                    return DataPath.traverse(values[0], values[1].pythonString, delimiter: delimiter) ?? fallback
                }
                return try RenderThread.wait { try await context.call(function, Arguments(positional, keywords: keywords)) }
            },
            functions: FunctionNames(context.services.registry.functions.names + [Self.traverse]))
    }
}

/// How one template of a stack is laid over those before it: a key `__` names the strategy.
private enum StackMerge {
    private static let strategies = ["overwrite", "merge-first", "merge-last", "remove"]

    static func merge(_ stack: ValueMap, _ above: ValueMap) throws -> ValueMap {
        var above = above
        let strategy = try strategy(above.removeValue(forKey: "__"))
        if strategy == "overwrite" { return above.isEmpty ? above : cleaned(.map(above)).mapValue ?? above }
        var result = stack
        for (key, value) in above {
            if strategy == "remove" {
                result[key] = nil
            } else if let old = result[key] {
                result[key] = strategy == "merge-first" ? try join(cleaned(value), old) : try join(old, value)
            } else {
                result[key] = cleaned(value)
            }
        }
        return result
    }

    private static func strategy(_ value: Value?) throws -> String {
        let name = value?.pythonString ?? "merge-last"
        if strategies.contains(name) { return name }
        throw ExecutionError("Unknown strategy \"\(name)\", should be one of ('overwrite', 'merge-first', 'merge-last', 'remove')")
    }

    private static func join(_ old: Value, _ new: Value) throws -> Value {
        switch (old, new) {
        case (.map(let old), .map(let new)): return .map(try merge(old, new))
        case (.list(let old), .list(let new)): return .list(try merge(old, new))
        default: return old.typeName == new.typeName ? new : cleaned(new)
        }
    }

    private static func merge(_ old: [Value], _ new: [Value]) throws -> [Value] {
        var new = new
        var name: Value?
        if let first = new.first?.mapValue, let given = first["__"] {
            name = given
            new.removeFirst()
        }
        switch try strategy(name) {
        case "overwrite": return new
        case "remove": return old.filter { !new.contains($0) }
        case "merge-first": return new + old
        default: return old + new
        }
    }

    /// Without the names of strategies.
    private static func cleaned(_ value: Value) -> Value {
        switch value {
        case .map(var map):
            map["__"] = nil
            return .map(ValueMap(map.map { ($0.key, cleaned($0.value)) }))
        case .list(let list) where list.first?.mapValue?["__"] != nil: return .list(Array(list.dropFirst()))
        default: return value
        }
    }
}

/// Paths below a folder that match a pattern, as Python's `glob`: each part for itself, hidden files only by their dot.
enum PathGlob {
    /// Relative and sorted; nothing outside of the folder.
    static func expand(_ pattern: String, below folder: String) async throws -> [String] {
        var pattern = pattern
        if pattern.hasPrefix(folder + "/") { pattern = String(pattern.dropFirst(folder.utf8.count + 1)) }
        guard !pattern.hasPrefix("/"), let parts = descending(pattern) else { return [] }
        var found = [""]
        for part in parts {
            var next: [String] = []
            for path in found {
                let place = path.isEmpty ? folder : Path.join(folder, path)
                if part.isGlobPattern {
                    guard try await LocalHost().isDirectory(place) else { continue }
                    let glob = GlobPattern(part)
                    let names = try await LocalHost().list(place).filter { glob.matches($0) && (part.hasPrefix(".") || !$0.hasPrefix(".")) }
                    next += names.map { path.isEmpty ? $0 : path + "/" + $0 }
                } else if try await LocalHost().status(Path.join(place, part)) != nil {
                    next.append(path.isEmpty ? part : path + "/" + part)
                }
            }
            found = next
        }
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The parts of a path with `..` taken back; nil when it would leave the folder, or names nothing.
    private static func descending(_ path: String) -> [String]? {
        var parts: [String] = []
        for part in path.split(separator: "/") where part != "." {
            if part.utf8.contains(0) { return nil }
            if part != ".." { parts.append(String(part)) } else if parts.popLast() == nil { return nil }
        }
        return parts.isEmpty ? nil : parts
    }
}
