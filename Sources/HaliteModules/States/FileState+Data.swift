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
        var serializerOptions: Value = .null
        var deserializerOptions: Value = .null
        var encoding: String?
        var encodingErrors = "strict"

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
            .field("encoding_errors", \.encodingErrors, "What to do about letters that the encoding has not."),
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

    static func serialize(_ given: StateContext, _ settings: SerializeSettings) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        if path.isEmpty { return state.failed("Must provide name to file.serialize") }
        return try await SerializedFile(state: state, path: path, settings: settings).apply()
    }

    // MARK: - keyvalue

    struct KeyValueSettings: ArgumentGroup {
        var key: String?
        var value: Value = .null
        var keyValues: Value = .null
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
        if path.isEmpty { return state.failed("Must provide name to file.keyvalue") }
        var pairs = settings.keyValues.mapValue ?? [:]
        if let key = settings.key, !settings.value.isNull {
            if settings.keyValues.mapValue != nil { return state.failed("file.keyvalue can not combine key_values with key and value") }
            pairs = [.string(key): settings.value]
        }
        if pairs.isEmpty {
            let what = settings.keyValues.isTruthy ? "is not a dictionary" : "is empty"
            return state.failed("file.keyvalue key and value not supplied and key_values \(what)")
        }
        var edit = settings.edit
        let text: String
        if try await host.isFile(path) {
            text = try await host.readText(path)
        } else if settings.createIfMissing, try await host.status(path) == nil {
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
        let encoded = settings.encodedData.flatMap { $0.isEmpty ? nil : $0 }
        let place = settings.contentsPillar.flatMap { $0.isEmpty ? nil : $0 }
        if encoded == nil, place == nil { throw ExecutionError("Specify either the 'encoded_data' or 'contents_pillar' argument.") }
        if encoded != nil, place != nil { throw ExecutionError("Specify only one 'encoded_data' or 'contents_pillar' argument.") }
        var text = encoded
        if let place { text = CallContext.traverse(.map(state.call.pillar), place)?.pythonString }
        guard let text else { throw ExecutionError("Pillar data not found.") }
        let algorithm = HashAlgorithm(rawValue: settings.checksum)
        func checked() throws -> HashAlgorithm {
            guard let algorithm else { throw ExecutionError("Hash func '\(settings.checksum)' is not supported.") }
            return algorithm
        }
        let isThere = try await host.isFile(state.name)
        var changes = ValueMap()
        if isThere {
            let new = Digest.hexadecimal(try Self.decoded(text), try checked())
            let old = try await host.digest(state.name, try checked())
            if old == new { return state.unchanged("File is in the correct state.") }
            changes = ["old": .string(old), "new": .string(new)]
        }
        return try await state.either(
            would: {
                StateResult(name: state.name, result: nil, comment: "File is set to be updated.", changes: changes)
            },
            do: {
                let bytes = try Self.decoded(text)
                if try await host.isDirectory(state.name) { throw ExecutionError("[Errno 21] Is a directory: '\(state.name)'") }
                if changes.isEmpty { changes = ["old": .null, "new": .string(Digest.hexadecimal(bytes, try checked()))] }
                do {
                    try await FileEdit(old: [], new: bytes).write(state.name, .inside, host)
                } catch let error as HostError {
                    throw ExecutionError(error.pythonText)
                }
                return StateResult(name: state.name, result: true, comment: "File was updated.", changes: changes)
            })
    }

    private static func decoded(_ text: String) throws -> [UInt8] {
        guard let bytes = Base64.decode(text) else { throw ExecutionError("Incorrect padding") }
        return bytes
    }
}
