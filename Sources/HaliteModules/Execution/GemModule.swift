import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Libraries of Ruby.
package struct GemModule: ExecutionModule {
    package static let name = "gem"
    package static let summary = "Libraries of Ruby."

    package static let functions: [Function] = [
        Function("install", "Install gems.", InstallSettings.self, example: "halite '*' gem.install bundler version=2.5.9", body: install),
        Function("uninstall", "Uninstall gems.", .required("gems", "Names."), ruby, user, program) { call, gems, _, runas, bin in
            try await run(call, ["uninstall"] + names(gems) + ["-a", "-x"], runas, bin)
        },
        Function("update", "Update gems.", .required("gems", "Names."), ruby, user, program) { call, gems, _, runas, bin in
            try await run(call, ["update"] + names(gems), runas, bin)
        },
        Function("update_system", "Update RubyGems itself.", .optional("version", "", "To this version."), ruby, user, program) { call, version, _, runas, bin in
            try await run(call, ["update", "--system", version], runas, bin)
        },
        Function("version", "Return the version of RubyGems.", ruby, user, program) { call, _, runas, bin in try await version(call, runas, bin) },
        Function("list", "Return the installed gems with their versions.", .optional("prefix", "", "Those whose names begin so."), ruby, user, program) { call, prefix, _, runas, bin in
            try await list(call, prefix, runas, bin)
        },
        Function("list_upgrades", "Return the gems that could be upgraded.", ruby, user, program) { call, _, runas, bin in try await upgrades(call, runas, bin) },
        Function("sources_add", "Add a source of gems.", .required("source_uri", "Its address."), ruby, user, program) { call, source, _, runas, bin in
            try await run(call, ["sources", "--add", source], runas, bin)
        },
        Function("sources_remove", "Remove a source of gems.", .required("source_uri", "Its address."), ruby, user, program) { call, source, _, runas, bin in
            try await run(call, ["sources", "--remove", source], runas, bin)
        },
        Function("sources_list", "Return the sources of gems.", ruby, user, program) { call, _, runas, bin in
            Array(PythonLines.split(try await run(call, ["sources"], runas, bin)).dropFirst(2))
        },
    ]

    private static let ruby: Parameter<String?> = .optional("ruby", nil, "The Ruby of rvm or rbenv; not supported.")
    private static let user: Parameter<String?> = .optional("runas", nil, "The user to run as.")
    private static let program: Parameter<String?> = .optional("gem_bin", nil, "The program.")

    struct InstallSettings: ArgumentGroup {
        var gems: Value = .null
        var ruby: String?
        var gemBin: String?
        var runas: String?
        var version: String?
        var rdoc = false
        var ri = false
        var preReleases = false
        var proxy: String?
        var source: String?

        static let fields: [ArgumentField<InstallSettings>] = [
            .field("gems", \.gems, "Names.", required: true), .field("ruby", \.ruby, "The Ruby of rvm or rbenv; not supported."),
            .field("gem_bin", \.gemBin, "The program."), .field("runas", \.runas, "The user to run as."),
            .field("version", \.version, "The version."), .field("rdoc", \.rdoc, "With RDoc documentation."),
            .field("ri", \.ri, "With RI documentation."), .field("pre_releases", \.preReleases, "Releases before the final one too."),
            .field("proxy", \.proxy, "The proxy, as http://hostname[:port]."), .field("source", \.source, "Where gems come from."),
        ]
    }

    private static func names(_ gems: Value) -> [String] { gems.listValue?.map(\.pythonString) ?? gems.pythonString.words() }

    private static func run(_ call: CallContext, _ words: [String], _ runas: String?, _ bin: String?) async throws -> String {
        var command = Command([bin ?? "gem"] + words)
        command.user = runas
        let result = try await call.host.run(command)
        guard result.succeeded else { throw ExecutionError(result.errorText) }
        return result.text
    }

    private static func version(_ call: CallContext, _ runas: String?, _ bin: String?) async throws -> Value {
        let lines = PythonLines.split(try await run(call, ["--version"], runas, bin))
        return lines.first { $0.first.map { $0.isNumber || $0 == "." } ?? false }.map { .string($0) } ?? [:]
    }

    private static func install(_ call: CallContext, _ settings: InstallSettings) async throws -> String {
        var options: [String] = []
        if let version = settings.version, !version.isEmpty { options += ["--version", version] }
        if try await version(call, settings.runas, settings.gemBin).stringValue?.hasPrefix("3.") == true {
            if !settings.rdoc || !settings.ri { options.append("--no-document") }
            if settings.preReleases { options.append("--prerelease") }
        } else {
            if !settings.rdoc { options.append("--no-rdoc") }
            if !settings.ri { options.append("--no-ri") }
            if settings.preReleases { options.append("--pre") }
        }
        if let proxy = settings.proxy { options += ["-p", proxy] }
        if let source = settings.source { options += ["--source", source] }
        return try await run(call, ["install"] + names(settings.gems) + options, settings.runas, settings.gemBin)
    }

    private static func list(_ call: CallContext, _ prefix: String, _ runas: String?, _ bin: String?) async throws -> ValueMap {
        let pattern = try PythonRegex.compile("^([^ ]+) \\((.+)\\)")
        var found = ValueMap()
        for line in PythonLines.split(try await run(call, ["list"] + (prefix.isEmpty ? [] : [prefix]), runas, bin)) {
            guard let match = try pattern.search(line), let name = match.text(1, of: line), let versions = match.text(2, of: line) else { continue }
            found[.string(name)] = versions.parts(", ").value
        }
        return found
    }

    private static func upgrades(_ call: CallContext, _ runas: String?, _ bin: String?) async throws -> ValueMap {
        let pattern = try PythonRegex.compile("(\\S+) \\(\\S+ < (\\S+)\\)")
        var found = ValueMap()
        for line in PythonLines.split(try await run(call, ["outdated"], runas, bin)) {
            guard let match = try pattern.search(line), let name = match.text(1, of: line), let version = match.text(2, of: line) else { continue }
            found[.string(name)] = .string(version)
        }
        return found
    }
}
