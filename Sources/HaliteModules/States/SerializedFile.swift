import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// `file.serialize`: a file that holds data in some format.
struct SerializedFile: Sendable {
    let state: StateContext
    let path: String
    let settings: FileState.SerializeSettings

    private var host: any Host { state.call.host }

    func apply() async throws -> StateResult {
        if !settings.managed.create, try await !host.isFile(path) {
            return state.unchanged("File \(path) is not present and is not set for creation")
        }
        if !(settings.serializer ?? "").isEmpty, !(settings.formatter ?? "").isEmpty {
            return state.failed("Only one of serializer and formatter are allowed")
        }
        let given = [settings.serializer, settings.formatter].compactMap { $0 }.first { !$0.isEmpty }
        let format = Serialization(format: (given ?? "yaml").lowercased(), call: state.call, isEncoded: !(settings.encoding ?? "").isEmpty)
        if settings.dataset.isTruthy, settings.datasetPillar?.isEmpty == false {
            return state.failed("Only one of 'dataset' and 'dataset_pillar' is permitted")
        }
        var data = settings.dataset
        if let place = settings.datasetPillar, !place.isEmpty { data = CallContext.traverse(.map(state.call.pillar), place) ?? "" }
        if data.isNull { return state.failed("Neither 'dataset' nor 'dataset_pillar' was defined") }
        guard Serialization.formats.contains(format.format) else {
            return state.failed(
                "The \(format.format) serializer could not be found. It either does not exist or its prerequisites are not installed.")
        }
        var old: Value?
        if settings.mergeIfExists, try await host.isFile(path) {
            switch try await merged(data, format) {
            case .done(let result): return result
            case .merged(let existing, let result): (old, data) = (existing, result)
            }
        }
        var result = try await manage(try format.write(data, options: Self.options(settings.serializerOptions)))
        if let old = old?.mapValue, let new = data.mapValue { result.changes["diff"] = .map(DataDifference.between(old, new)) }
        if !settings.mergeIfExists, settings.deserializerOptions.isTruthy {
            result.warnings.append("The 'deserializer_opts' option is ignored unless merge_if_exists is set to True.")
        }
        return result
    }

    private enum Merge {
        case done(StateResult)
        case merged(Value?, Value)
    }

    private func merged(_ data: Value, _ format: Serialization) async throws -> Merge {
        guard Serialization.readable.contains(format.format) else {
            return .done(state.failed("merge_if_exists is not supported for the \(format.format) serializer"))
        }
        let existing: Value
        let content = try await host.read(path)
        do {
            existing = try await format.read(content, name: path)
        } catch let failure as Serialization.Failure {
            return .done(state.failed("Failed to deserialize existing data: \(failure.reason)"))
        }
        // An empty document says nothing, which is neither an empty dictionary nor an empty list.
        let scalar = format.format == "yaml" && existing.mapValue?.isEmpty == true ? Self.bareYAML(content) : nil
        if existing.isNull || ["", "~", "null", "Null", "NULL"].contains(scalar) { return .merged(nil, data) }
        guard scalar?.hasPrefix("{") != false, let known = existing.mapValue, let new = data.mapValue else {
            throw ExecutionError("Cannot update using non-dict types in dictupdate.update()")
        }
        let merged = Value.map(Merging.update(known, new))
        if merged == existing { return .done(state.unchanged("The file \(path) is in the correct state")) }
        return .merged(existing, merged)
    }

    /// What YAML without content says beside its comments and marks.
    private static func bareYAML(_ content: [UInt8]) -> String {
        let lines = PythonLines.split(String(decoding: content, as: UTF8.self)).map { $0.stripped() }
        let said = lines.filter { !$0.hasPrefix("#") && !$0.hasPrefix("%") && $0 != "..." }.map { line in
            line.hasPrefix("---") ? String(line.dropFirst(3)).stripped() : line
        }
        return said.joined(separator: " ").stripped()
    }

    /// A list of dictionaries with one key each; Salt takes nothing else.
    private static func options(_ given: Value) -> ValueMap {
        var found = ValueMap()
        for entry in given.listValue ?? [] {
            guard case .map(let map) = entry else {
                if entry.stringValue != nil || entry.intValue != nil { found[entry] = .null }
                continue
            }
            if map.count != 1 { return [:] }
            for (key, value) in map { found[key] = value }
        }
        return found
    }

    private func manage(_ content: [UInt8]) async throws -> StateResult {
        if try await host.isDirectory(path) { return state.failed("Specified target \(path) is a directory") }
        var managed = settings.managed
        managed.encoding = settings.encoding
        // Salt gives parents that it makes here no mode of their own.
        managed.dirMode = nil
        managed.encodingErrors = settings.encodingErrors
        // Salt foresees it without following links, and follows them when it writes.
        managed.followSymlinks = try await state.whenPlanning { false } ?? true
        let owners = Ownership(user: managed.user, group: managed.group, mode: managed.mode.map { FileMode(text: $0) })
        var file = ManagedFile(state: state, path: path, settings: managed, ownership: owners)
        try await file.takeContents(content)
        let found = try await host.isFile(path) ? FileContent.bytes(try await host.read(path)) : .bytes([])
        var result = try await file.apply()
        if result.result == false, result.extra["skip_watch"] != nil, let contents = file.contents {
            // Salt tells what the command refused.
            let difference = try await FileComparison(settings: managed, call: state.call).difference(found, contents, host).text
            if !difference.isEmpty { result.changes["diff"] = .string(managed.showChanges ? difference : "<show_changes=False>") }
            // The candidate is a copy of the file, or a new private one.
            let identity = try await host.identity()
            let fresh = FileStatus(kind: .file, mode: 0o600, userID: identity.userID, groupID: identity.groupID)
            let candidate = try await host.status(path) ?? fresh
            for (key, value) in try await owners.foreseenDifferences(candidate, host) { result.changes[key] = value }
        }
        if result.result == nil {
            result.comment = "Dataset will be serialized and stored into \(path)"
            if !managed.showChanges { result.changes["diff"] = "<show_changes=False>" }
        }
        return result
    }
}

/// What differs between two dictionaries, as `old` and `new` at each path.
enum DataDifference {
    static func between(_ old: ValueMap, _ new: ValueMap) -> ValueMap {
        var found = ValueMap()
        for key in old.keys + new.keys.filter({ old[$0] == nil }) where old[key] != new[key] {
            if case .map(let a)? = old[key], case .map(let b)? = new[key] {
                found[key] = .map(between(a, b))
            } else {
                found[key] = ["old": old[key] ?? "<_null_>", "new": new[key] ?? "<_null_>"]
            }
        }
        return found
    }
}
