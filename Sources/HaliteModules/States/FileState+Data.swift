import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    // MARK: - serialize

    struct SerializeSettings: ArgumentGroup {
        var dataset: Value = .null
        var datasetPillar: String?
        var managed = ManagedSettings()
        var mergeIfExists = false
        var serializer: String?
        var formatter: String?
        var serializerOptions: ValueMap = [:]
        var deserializerOptions: Value = .null
        var encoding: String?

        static let fields: [ArgumentField<SerializeSettings>] = [
            .field("dataset", \.dataset, "The data."),
            .field("dataset_pillar", \.datasetPillar, "The path of the data in the pillar."),
            .field("user", \.managed.user, "The owner."),
            .field("group", \.managed.group, "The group."),
            .field("mode", \.managed.mode, "The mode."),
            .field("backup", \.managed.backup, "minion keeps the old content in the cache."),
            .field("makedirs", \.managed.makedirs, "Make missing parents."),
            .field("show_changes", \.managed.showChanges, "Show what differs."),
            .field("create", \.managed.create, "Make the file when it is not there."),
            .field("merge_if_exists", \.mergeIfExists, "Lay the data over those in the file."),
            .field("encoding", \.encoding, "Write letters beyond ASCII as they are."),
            .field("encoding_errors", \.managed.ignored, "Without effect."),
            .field("serializer", \.serializer, "yaml, json, toml, configparser or plist."),
            .field("formatter", \.formatter, "The same as serializer."),
            .field("serializer_opts", \.serializerOptions, "Such as indent."),
            .field("deserializer_opts", \.deserializerOptions, "Without effect."),
            .field("check_cmd", \.managed.checkCmd, "A command that must accept the new file."),
            .field("tmp_dir", \.managed.tmpDir, "Where check_cmd finds the file."),
            .field("tmp_ext", \.managed.tmpExt, "The end of that file's name."),
            .field("dir_mode", \.managed.dirMode, "The mode of parents that are made."),
        ]
    }

    static func serialize(_ state: StateContext, _ settings: SerializeSettings) async throws -> StateResult {
        let path = try await path(state)
        let host = state.call.host
        if !settings.managed.create, try await !host.isFile(path) {
            return state.unchanged("File \(path) is not present and is not set for creation")
        }
        if settings.serializer != nil, settings.formatter != nil { return state.failed("Only one of serializer and formatter are allowed") }
        let kind = (settings.serializer ?? settings.formatter ?? "yaml").lowercased()
        if settings.dataset.isTruthy, settings.datasetPillar != nil { return state.failed("Only one of 'dataset' and 'dataset_pillar' is permitted") }
        var data = settings.dataset
        if let place = settings.datasetPillar { data = CallContext.traverse(.map(state.call.pillar), place) ?? "" }
        if data.isNull { return state.failed("Neither 'dataset' nor 'dataset_pillar' was defined") }
        var old: Value?
        if settings.mergeIfExists, try await host.isFile(path) {
            guard kind == "yaml" || kind == "json" else { return state.failed("merge_if_exists is not supported for the \(kind) serializer") }
            let text = try await host.readText(path)
            do {
                old = try await state.call.services.templates.renderData(source: text, name: path, pipeline: kind, values: [:], in: state.call)
            } catch {
                return state.failed("Failed to deserialize existing data: \(error)")
            }
            if let known = old?.mapValue, let new = data.mapValue {
                let merged = Value.map(Merging.update(known, new))
                if merged == .map(known) { return state.unchanged("The file \(path) is in the correct state") }
                data = merged
            }
        }
        guard let text = try await text(data, kind, settings, state) else {
            return state.failed("The \(kind) serializer could not be found. It either does not exist or its prerequisites are not installed.")
        }
        var managed = settings.managed
        managed.contents = .string(text)
        var result = try await Self.managed(state, managed)
        if result.result == nil { result.comment = "Dataset will be serialized and stored into \(path)" }
        if !result.changes.isEmpty, let old = old?.mapValue, let new = data.mapValue {
            result.changes["diff"] = .map(DataDifference.between(old, new))
        }
        return result
    }

    private static func text(_ data: Value, _ kind: String, _ settings: SerializeSettings, _ state: StateContext) async throws -> String? {
        switch kind {
        case "yaml": return try await Serialization.yaml(data, state.call)
        case "json":
            var options = settings.serializerOptions
            if settings.encoding != nil, options["ensure_ascii"] == nil { options["ensure_ascii"] = false }
            return Serialization.json(data, options: options) + "\n"
        case "configparser": return Serialization.configuration(data.mapValue ?? [:]) + "\n"
        case "toml": return Serialization.toml(data.mapValue ?? [:]) + "\n"
        case "python": return data.pythonRepr + "\n"
        default: return nil
        }
    }

    // MARK: - keyvalue

    struct KeyValueSettings: ArgumentGroup {
        var key: String?
        var value: Value = .null
        var keyValues: ValueMap = [:]
        var edit = KeyValueEdit()
        var searchOnly = false
        var showChanges = true
        var ignoreIfMissing = false
        var createIfMissing = false

        static let fields: [ArgumentField<KeyValueSettings>] = [
            .field("key", \.key, "One key."),
            .field("value", \.value, "Its value."),
            .field("key_values", \.keyValues, "Several keys with their values."),
            .field("separator", \.edit.separator, "What divides key and value."),
            .field("append_if_not_found", \.edit.append, "Put missing keys at the end."),
            .field("prepend_if_not_found", \.edit.prepend, "Put missing keys at the start."),
            .field("search_only", \.searchOnly, "Without effect."),
            .field("show_changes", \.showChanges, "Show what differs."),
            .field("ignore_if_missing", \.ignoreIfMissing, "A file that is not there is no failure."),
            .field("count", \.edit.count, "How many lines may have a key; -1 means any number."),
            .field("uncomment", \.edit.uncomment, "The signs of comments to take off."),
            .field("key_ignore_case", \.edit.keyIgnoresCase, "Keys match in any case."),
            .field("value_ignore_case", \.edit.valueIgnoresCase, "Values match in any case."),
            .field("create_if_missing", \.createIfMissing, "Make the file when it is not there."),
            .field("prune", \.edit.prune, "Remove all lines without one of the keys."),
        ]
    }

    static func keyValue(_ state: StateContext, _ settings: KeyValueSettings) async throws -> StateResult {
        let path = try await path(state)
        let host = state.call.host
        var pairs = settings.keyValues
        if let key = settings.key, !settings.value.isNull {
            if !pairs.isEmpty { return state.failed("file.keyvalue can not combine key_values with key and value") }
            pairs = [.string(key): settings.value]
        }
        if pairs.isEmpty { return state.failed("file.keyvalue key and value not supplied and key_values is empty") }
        var edit = settings.edit
        let text: String
        if try await host.isFile(path) {
            text = try await host.readText(path)
        } else if settings.createIfMissing {
            edit.append = true
            text = ""
        } else {
            return StateResult(name: state.name, result: settings.ignoreIfMissing, comment: "unable to open \(path)")
        }
        let outcome = edit.apply(text, pairs)
        if outcome.changed == 0, outcome.deleted == 0 { return state.unchanged("") }
        let changes: ValueMap = settings.showChanges ? ["diff": .string(outcome.difference.joined())] : [:]
        var would = "File \(path) is set to be changed (\(outcome.changed) lines modified, \(outcome.deleted) deleted)"
        if settings.showChanges { would += "\nPredicted diff:\n\r\t\t" + outcome.difference.joined(separator: "\r\t\t") }
        return try await state.change(changes, would: would, did: "Changed \(outcome.changed), deleted \(outcome.deleted) lines") {
            try await FileEdit(old: text, new: outcome.text).write(path, .inside, host)
            return nil
        }
    }

    // MARK: - decode

    struct DecodeSettings: ArgumentGroup {
        var encodedData: String?
        var contentsPillar: String?
        var encodingType = "base64"
        var checksum = "md5"

        static let fields: [ArgumentField<DecodeSettings>] = [
            .field("encoded_data", \.encodedData, "The text."),
            .field("contents_pillar", \.contentsPillar, "The path of the text in the pillar."),
            .field("encoding_type", \.encodingType, "base64."),
            .field("checksum", \.checksum, "The digest that changes show."),
        ]
    }

    static func decode(_ state: StateContext, _ settings: DecodeSettings) async throws -> StateResult {
        let host = state.call.host
        var text = settings.encodedData
        if text == nil, settings.contentsPillar == nil { throw ExecutionError("Specify either the 'encoded_data' or 'contents_pillar' argument.") }
        if text != nil, settings.contentsPillar != nil { throw ExecutionError("Specify only one 'encoded_data' or 'contents_pillar' argument.") }
        if let place = settings.contentsPillar { text = CallContext.traverse(.map(state.call.pillar), place)?.pythonString }
        guard let text else { throw ExecutionError("Pillar data not found.") }
        guard settings.encodingType == "base64", let algorithm = HashAlgorithm(rawValue: settings.checksum) else {
            throw ExecutionError("no encoding '\(settings.encodingType)' or checksum '\(settings.checksum)'")
        }
        guard let bytes = Base64.decode(text) else { throw ExecutionError("the text is no base64") }
        let new = Digest.hexadecimal(bytes, algorithm)
        let old = try await host.isFile(state.name) ? try await host.digest(state.name, algorithm) : nil
        if old == new { return state.unchanged("File is in the correct state.") }
        let changes: ValueMap = ["old": old.value, "new": .string(new)]
        return try await state.either(would: {
            StateResult(name: state.name, result: nil, comment: "File is set to be updated.", changes: old == nil ? [:] : changes)
        }, do: {
            try await host.write(state.name, bytes, FileAttributes())
            return StateResult(name: state.name, result: true, comment: "File was updated.", changes: changes)
        })
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
