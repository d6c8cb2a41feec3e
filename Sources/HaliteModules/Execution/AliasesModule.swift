import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Who gets mail in the place of others.
package struct AliasesModule: ExecutionModule {
    package static let name = "aliases"
    package static let summary = "Who gets mail in the place of others."

    package static let functions: [Function] = [
        Function("list_aliases", "Return all aliases with their targets.", body: list),
        Function("get_target", "Return the target of an alias, or an empty text.", .required("alias", "The alias."), body: target),
        Function(
            "has_target", "Tell whether an alias has a target.", .required("alias", "The alias."), .required("target", "Text or list."),
            body: hasTarget),
        Function(
            "set_target", "Give an alias its target.", .required("alias", "The alias."), .required("target", "Text or list."),
            example: "halite '*' aliases.set_target root admin@example.net", body: setTarget),
        Function("rm_alias", "Remove an alias.", .required("alias", "The alias."), body: remove),
    ]

    private struct Line {
        var alias: String?
        var target: String
        var remark: String

        var text: String {
            if let alias, !alias.isEmpty, !target.isEmpty { return "\(alias): \(target)\(remark)" }
            return remark
        }
    }

    /// The setting `aliases.file` says where they are.
    private static func path(_ call: CallContext) async throws -> String {
        let option = try await call.call("config.option", "aliases.file")
        return try await call.host.resolved(option.stringValue.flatMap { $0.isEmpty ? nil : $0 } ?? "/etc/aliases")
    }

    private static func lines(_ call: CallContext) async throws -> [Line] {
        let path = try await path(call)
        guard try await call.host.isFile(path) else { return [] }
        let regex = try Pattern.compile(#"([^:#]*)\s*:?\s*([^#]*?)(\s+#.*|$)"#)
        return try TextContent.lines(try await call.host.read(path)).map { line in
            let bytes = Array(line.utf8)
            guard let match = try regex.firstMatch(in: bytes, anchor: .start) else {
                return Line(alias: nil, target: "", remark: line.stripped())
            }
            return Line(
                alias: match.text(1, of: bytes) ?? "", target: match.text(2, of: bytes) ?? "", remark: match.text(3, of: bytes) ?? "")
        }
    }

    private static func list(_ call: CallContext) async throws -> ValueMap {
        ValueMap(
            try await lines(call).compactMap { line in
                line.alias.flatMap { $0.isEmpty ? nil : (.string($0), .string(line.target)) }
            })
    }

    static func target(_ call: CallContext, alias: String) async throws -> String { try await list(call)[alias]?.stringValue ?? "" }

    private static func text(_ target: Value) throws -> String {
        let text = target.listValue?.map(\.pythonString).joined(separator: ", ") ?? target.pythonString
        if text.isEmpty { throw ExecutionError("target can not be an empty string") }
        return text
    }

    static func hasTarget(_ call: CallContext, alias: String, target: Value) async throws -> Bool {
        let wanted = try text(target)
        return try await list(call)[alias]?.stringValue == wanted
    }

    private static func write(_ call: CallContext, _ lines: [Line]) async throws {
        let path = try await path(call)
        let old = try await call.host.status(path)
        let attributes = FileAttributes(mode: old?.mode ?? 0o644, userID: old?.userID ?? 0, groupID: old?.groupID ?? 0)
        try await call.host.write(path, Array(lines.map { $0.text + "\n" }.joined().utf8), attributes)
        if let program = await call.host.which("newaliases") { _ = try await call.host.run(program) }
    }

    static func setTarget(_ call: CallContext, alias: String, target: Value) async throws -> Bool {
        if alias.isEmpty { throw ExecutionError("alias can not be an empty string") }
        let wanted = try text(target)
        if try await self.target(call, alias: alias) == wanted { return true }
        var found = try await lines(call)
        if let index = found.firstIndex(where: { $0.alias == alias }) {
            found[index].target = wanted
            found = found.enumerated().filter { $0.offset <= index || $0.element.alias != alias }.map(\.element)
        } else {
            found.append(Line(alias: alias, target: wanted, remark: ""))
        }
        try await write(call, found)
        return true
    }

    static func remove(_ call: CallContext, alias: String) async throws -> Bool {
        if try await target(call, alias: alias).isEmpty { return true }
        try await write(call, try await lines(call).filter { $0.alias != alias })
        return true
    }
}
