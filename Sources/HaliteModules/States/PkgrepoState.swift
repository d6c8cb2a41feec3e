import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Repositories that apt takes packages from.
package struct PkgrepoState: StateModule {
    package static let name = "pkgrepo"
    package static let summary = "Repositories that apt takes packages from."
    package static let requires: Requirement = .osFamily("Debian") && .command("apt-get")

    package static let functions: [StateFunction] = [
        StateFunction("managed", "A repository is configured.", Settings.self, body: managed),
        StateFunction("absent", "A repository is not configured.", Settings.self, body: absent),
    ]

    struct Settings: ArgumentGroup {
        var file: String?
        var keyURL: String?
        var keyText: String?
        var keyID: String?
        var keyserver: String?
        var aptkey: Value = .null
        var signedBy: String?
        var enabled: Bool?
        var disabled: Bool?
        var architectures: [String] = []
        var dist: String?
        var comps: [String] = []
        var comments: Value = .null
        var cleanFile = false
        var refresh = true
        var ppa: String?
        var humanname: Value = .null
        var ignored: Value = .null

        static let fields: [ArgumentField<Settings>] = [
            .field("file", \.file, "The file that holds it."),
            .field("key_url", \.keyURL, "The key that signs it."),
            .field("key_text", \.keyText, "The key itself."),
            .field("keyid", \.keyID, "Not supported: keys by id."),
            .field("keyserver", \.keyserver, "Not supported."),
            .field("aptkey", \.aptkey, "Without effect: keys stand in files of their own."),
            .field("signedby", \.signedBy, "The file of the key."),
            .field("enabled", \.enabled, "Whether it is used."),
            .field("disabled", \.disabled, "Whether it is not used."),
            .field("architectures", \.architectures, "Architectures."),
            .field("dist", \.dist, "The release."),
            .field("comps", \.comps, "Components."),
            .field("comments", \.comments, "Without effect."),
            .field("clean_file", \.cleanFile, "Empty the file first."),
            .field("refresh", \.refresh, "Fetch the lists afterwards."),
            .field("ppa", \.ppa, "Not supported."),
            .field("humanname", \.humanname, "Without effect."),
            .field("refresh_db", \.refresh, "The same as refresh."),
            .field("consolidate", \.ignored, "Without effect."),
            .field("allow_insecure_key", \.ignored, "Without effect."),
            .field("gpgcheck", \.ignored, "Without effect."),
            .field("gpgkey", \.ignored, "Without effect."),
            .field("baseurl", \.ignored, "Without effect."),
        ]
    }

    /// The line of the repository, with the key's file among its options.
    private static func wanted(_ state: StateContext, _ settings: Settings) throws -> AptSources {
        guard settings.ppa == nil, !state.name.hasPrefix("ppa:") else { throw ExecutionError("repositories of Launchpad are not supported") }
        guard var entry = AptSources.line(state.name, file: settings.file ?? "/etc/apt/sources.list") else {
            throw ExecutionError("Error: repo '\(state.name)' is not a well formatted definition")
        }
        entry.isDisabled = settings.disabled ?? !(settings.enabled ?? true)
        if !settings.architectures.isEmpty { entry.options["arch"] = settings.architectures.joined(separator: ",") }
        if let dist = settings.dist { entry.suites = [dist] }
        if !settings.comps.isEmpty { entry.components = settings.comps.flatMap { $0.parts(",") } }
        if let path = settings.signedBy { entry.options["signed-by"] = path }
        return entry
    }

    private static func isSame(_ a: AptSources, _ b: AptSources) -> Bool {
        func plain(_ uri: String) -> String { uri.hasSuffix("/") ? String(uri.dropLast()) : uri }
        return a.types.contains(b.types[0]) && a.uris.map(plain).contains(plain(b.uris[0])) && a.suites.contains(b.suites[0])
    }

    private static func managed(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let host = state.call.host
        if settings.enabled != nil, settings.disabled != nil { return state.failed("Only one of enabled/disabled is allowed") }
        if settings.keyURL != nil, settings.keyText != nil { return state.failed("You may not use both \"key_url\" and \"key_text\" argument.") }
        if settings.keyURL != nil, settings.keyID != nil || settings.keyserver != nil {
            return state.failed("You may not use both \"keyid\"/\"keyserver\" and \"key_url\" argument.")
        }
        let entry: AptSources
        do { entry = try wanted(state, settings) } catch let error as ExecutionError {
            return state.failed("Failed to examine repo '\(state.name)': \(error)")
        }
        let present = try await AptSources.read(host).first { isSame($0, entry) && (settings.file == nil || $0.file == settings.file) }
        let key = entry.options["signed-by"]
        var hasKey = true
        if let key, settings.keyURL != nil || settings.keyText != nil { hasKey = try await host.isFile(key) }
        if let present, hasKey, Set(present.components) == Set(entry.components), present.isDisabled == entry.isDisabled, present.options == entry.options {
            return state.unchanged("Package repo '\(state.name)' already configured")
        }
        var changes: ValueMap = ["repo": .string(state.name)]
        if let present {
            changes = [:]
            if Set(present.components) != Set(entry.components) { changes["comps"] = ["new": entry.components.value, "old": present.components.value] }
            if present.text != entry.text { changes["line"] = ["new": .string(entry.text), "old": .string(present.text)] }
            if present.isDisabled != entry.isDisabled { changes["disabled"] = ["new": .bool(entry.isDisabled), "old": .bool(present.isDisabled)] }
        }
        let would = "Package repo '\(state.name)' would be configured. This may cause pkg states to behave differently than stated if this action is repeated without test=True, due to the differences in the configured repositories."
        do {
            return try await state.change(changes, would: would, did: "Configured package repo '\(state.name)'") {
                try await placeKey(state, settings, key)
                try await write(entry, replacing: present, settings, host)
                if settings.refresh { _ = try await PkgApt.refreshDatabase(state.call, cacheValidTime: 0, failhard: false, options: [:]) }
                return nil
            }
        } catch let error as ExecutionError {
            return state.failed("Failed to configure repo '\(state.name)': \(error)")
        }
    }

    private static func placeKey(_ state: StateContext, _ settings: Settings, _ path: String?) async throws {
        let host = state.call.host
        let bytes: [UInt8]
        if let text = settings.keyText {
            bytes = Array(text.utf8)
        } else if let url = settings.keyURL {
            let reader = SourceReader(call: state.call, saltenv: state.call.saltenv)
            guard let content = try await reader.content(url) else { throw ExecutionError("failed to get the key \(url)") }
            bytes = content.bytes
        } else {
            return
        }
        let name = Path.name(settings.keyURL ?? "key.asc")
        let target = path ?? "/etc/apt/keyrings/\(name.isEmpty ? "key.asc" : name)"
        try await host.makeDirectories(Path.parent(target) ?? "/etc/apt/keyrings", FileAttributes(mode: 0o755))
        // apt takes armoured keys only in files named so.
        let isArmoured = bytes.starts(with: Array("-----BEGIN PGP".utf8))
        if isArmoured, target.hasSuffix(".gpg") {
            var command = Command(["gpg", "--batch", "--yes", "--dearmor", "-o", target])
            command.standardInput = bytes
            let result = try await host.run(command)
            guard result.succeeded else { throw ExecutionError("failed to read the key: \(result.errorText)") }
        } else {
            try await host.write(target, bytes, FileAttributes(mode: 0o644))
        }
    }

    private static func write(_ entry: AptSources, replacing old: AptSources?, _ settings: Settings, _ host: any Host) async throws {
        let file = old?.file ?? entry.file
        if file.hasSuffix(".sources") { throw ExecutionError("\(file) is of a kind that is not changed; use another file") }
        let text = settings.cleanFile ? "" : await host.readTextIfPresent(file) ?? ""
        var lines = PythonLines.split(text)
        if let index = lines.firstIndex(where: { line in AptSources.line(line, file: file).map { isSame($0, entry) } ?? false }) {
            lines[index] = entry.text
        } else {
            lines.append(entry.text)
        }
        try await host.makeDirectories(Path.parent(file) ?? "/etc/apt")
        try await host.write(file, Array(lines.map { $0 + "\n" }.joined().utf8), FileAttributes())
    }

    private static func absent(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let host = state.call.host
        guard let entry = AptSources.line(state.name, file: "") else {
            return state.failed("Failed to configure repo '\(state.name)': it is not a well formatted definition")
        }
        let present = try await AptSources.read(host).filter { isSame($0, entry) }
        if present.isEmpty { return state.unchanged("Package repo \(state.name) is absent") }
        if let file = present.first(where: { $0.file.hasSuffix(".sources") })?.file {
            return state.failed("Failed to remove repo \(state.name): \(file) is of a kind that is not changed")
        }
        let would = "Package repo '\(state.name)' will be removed. This may cause pkg states to behave differently than stated if this action is repeated without test=True, due to the differences in the configured repositories."
        return try await state.either(would: { StateResult(name: state.name, result: nil, comment: would) }, do: {
            for file in Set(present.map(\.file)) {
                let lines = PythonLines.split(await host.readTextIfPresent(file) ?? "")
                let kept = lines.filter { line in !(AptSources.line(line, file: file).map { isSame($0, entry) } ?? false) }
                if kept.allSatisfy({ $0.stripped().isEmpty }), file.contains("/sources.list.d/") {
                    try await host.remove(file)
                } else {
                    try await host.write(file, Array(kept.map { $0 + "\n" }.joined().utf8), FileAttributes())
                }
            }
            return StateResult(name: state.name, result: true, comment: "Removed repo \(state.name)", changes: ["repo": .string(state.name)])
        })
    }
}
