import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Libraries of Ruby that are installed, or are not.
package struct GemState: StateModule {
    package static let name = "gem"
    package static let summary = "Libraries of Ruby that are installed, or are not."

    package static let functions: [StateFunction] = [
        StateFunction("installed", "A gem is installed.", Settings.self, body: installed),
        StateFunction("removed", "A gem is not installed.", Settings.self, body: removed),
        StateFunction("sources_add", "Gems are taken from a source.", Settings.self, body: sourceAdded),
        StateFunction("sources_remove", "Gems are not taken from a source.", Settings.self, body: sourceRemoved),
    ]

    struct Settings: ArgumentGroup {
        var ruby: String?
        var gemBin: String?
        var user: String?
        var version: String?
        var rdoc = false
        var ri = false
        var preReleases = false
        var proxy: String?
        var source: String?

        static let fields: [ArgumentField<Settings>] = [
            .field("ruby", \.ruby, "The Ruby of rvm or rbenv; not supported."), .field("gem_bin", \.gemBin, "The program."),
            .field("user", \.user, "The user to run as."), .field("version", \.version, "The version, or a comparison such as >=1.2."),
            .field("rdoc", \.rdoc, "With RDoc documentation."), .field("ri", \.ri, "With RI documentation."),
            .field("pre_releases", \.preReleases, "Releases before the final one too."),
            .field("proxy", \.proxy, "The proxy, as http://hostname[:port]."), .field("source", \.source, "Where the gem comes from."),
        ]

        var common: ValueMap { ["ruby": ruby.value, "gem_bin": gemBin.value, "runas": user.value] }
    }

    private static func versions(_ state: StateContext, _ settings: Settings) async throws -> [String]? {
        try await state.call.call("gem.list", .string(state.name), keywords: settings.common)[state.name]?.listValue?.map(\.pythonString)
    }

    private static func installed(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        if let present = try await versions(state, settings) {
            guard let wanted = settings.version else { return state.unchanged("Gem is already installed.") }
            let oper = wanted.prefix { "<>=".contains($0) }
            if wanted.hasPrefix("<") || wanted.hasPrefix(">") {
                let own = (present.first ?? "").parts("default: ").joined().stripped()
                let order = LooseVersion.compare(own, String(wanted.dropFirst(oper.count)).stripped())
                if PackageList.holds(order, String(oper)) { return state.unchanged("Installed Gem meets version requirements.") }
            } else if present.contains(wanted) {
                return state.unchanged("Gem is already installed.")
            }
        }
        return try await change(state, would: "The gem \(state.name) would have been installed", word: "Installed", did: "Gem was successfully installed", failed: "Could not install gem.") {
            var keywords = settings.common
            for (key, value) in [
                "version": settings.version.value, "rdoc": .bool(settings.rdoc), "ri": .bool(settings.ri),
                "pre_releases": .bool(settings.preReleases), "proxy": settings.proxy.value, "source": settings.source.value,
            ] as ValueMap { keywords[key] = value }
            return try await state.call.call("gem.install", .string(state.name), keywords: keywords)
        }
    }

    private static func removed(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        if try await versions(state, settings) == nil { return state.unchanged("Gem is not installed.") }
        return try await change(state, would: "The gem \(state.name) would have been removed", word: "Removed", did: "Gem was successfully removed.", failed: "Could not remove gem.") {
            try await state.call.call("gem.uninstall", .string(state.name), keywords: settings.common)
        }
    }

    private static func hasSource(_ state: StateContext, _ settings: Settings) async throws -> Bool {
        try await state.call.call("gem.sources_list", keywords: settings.common).listValue?.contains(.string(state.name)) ?? false
    }

    private static func sourceAdded(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        if try await hasSource(state, settings) { return state.unchanged("Gem source is already added.") }
        return try await change(state, would: "The gem source \(state.name) would have been added.", word: "Installed", did: "Gem source was successfully added.", failed: "Could not add gem source.") {
            try await state.call.call("gem.sources_add", .string(state.name), keywords: settings.common)
        }
    }

    private static func sourceRemoved(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        if try await !hasSource(state, settings) { return state.unchanged("Gem source is already removed.") }
        return try await change(state, would: "The gem source would have been removed.", word: "Removed", did: "Gem source was successfully removed.", failed: "Could not remove gem source.") {
            try await state.call.call("gem.sources_remove", .string(state.name), keywords: settings.common)
        }
    }

    /// Salt names no changes under test.
    private static func change(
        _ state: StateContext, would: String, word: String, did: String, failed: String, perform: () async throws -> Value
    ) async throws -> StateResult {
        try await state.either(would: { StateResult(name: state.name, result: nil, comment: would) }, do: {
            guard try await perform().isTruthy else { return state.failed(failed) }
            return StateResult(name: state.name, result: true, comment: did, changes: [.string(state.name): .string(word)])
        })
    }
}
