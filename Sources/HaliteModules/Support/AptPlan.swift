import HaliteModuleKit
import HaliteValue

/// What one `pkg.install` hands to apt.
struct AptPlan {
    let settings: PkgApt.InstallSettings
    let database: DpkgDatabase
    private var targets: [String] = []
    private var downgrades: [String] = []
    private var again: [String] = []
    private(set) var reinstalled: [String] = []
    private(set) var names: [String] = []
    private(set) var errors: [String] = []

    init(settings: PkgApt.InstallSettings, database: DpkgDatabase) {
        self.settings = settings
        self.database = database
    }

    var isEmpty: Bool { targets.isEmpty && downgrades.isEmpty && again.isEmpty }

    mutating func add(_ wanted: [(name: String, version: String?)], _ call: CallContext) async throws {
        let compared = wanted.filter { $0.version.map { $0.hasPrefix("<") || $0.hasPrefix(">") } ?? false }.map { Value.string($0.name) }
        let offered = compared.isEmpty ? [:] : try await PkgApt.listRepositoryPackages(call, names: compared, options: [:])
        for (name, version) in wanted {
            guard var version else {
                place(name, name, version: nil)
                continue
            }
            while version.hasPrefix("=") { version.removeFirst() }
            if compared.contains(.string(name)) {
                let candidates = offered[name]?.listValue?.map(\.pythonString) ?? []
                guard let best = PackageList.match(version, candidates, compare: compare) else {
                    let list = candidates.isEmpty ? "None" : candidates.joined(separator: ", ")
                    errors.append("No version matching '\(name)\(version)' could be found (available: \(list))")
                    continue
                }
                version = best
            }
            place(name, "\(name)=\(version)", version: version)
        }
    }

    private func compare(_ left: String, _ right: String) -> Int {
        guard settings.ignoreEpoch == true else { return DebianVersion.compare(left, right) }
        return DebianVersion.compare(DebianVersion.withoutEpoch(left), DebianVersion.withoutEpoch(right))
    }

    private mutating func place(_ name: String, _ word: String, version: String?) {
        let current = database.text(name)
        guard let version else {
            if settings.reinstall, current != nil { repeatInstallation(name, word) } else { targets.append(word); names.append(name) }
            return
        }
        let order = current.map { DebianVersion.compare(version, $0) } ?? 1
        if settings.reinstall, order == 0 {
            repeatInstallation(name, word)
        } else {
            if order >= 0 { targets.append(word) } else { downgrades.append(word) }
            names.append(name)
        }
    }

    private mutating func repeatInstallation(_ name: String, _ word: String) {
        again.append(word)
        reinstalled.append(name)
        names.append(name)
    }

    /// Packages whose files come from elsewhere than a repository.
    mutating func add(files: [Value], _ call: CallContext) async throws {
        for (_, path) in try await PackageFile.place(files, call) {
            let info = try await call.call("lowpkg.bin_pkg_info", .string(path))
            place(info["name"]?.pythonString ?? "", path, version: info["version"]?.pythonString)
        }
    }

    var commands: [[String]] {
        let prefix = self.prefix
        var commands: [[String]] = []
        if !targets.isEmpty { commands.append(prefix + ["install"] + targets) }
        if !downgrades.isEmpty {
            let force = settings.sources.isEmpty && !prefix.contains("--force-yes") ? ["--force-yes"] : []
            commands.append(prefix + force + ["install"] + downgrades)
        }
        if settings.downloadonly, !commands.isEmpty { commands[commands.count - 1].append("--download-only") }
        if !again.isEmpty { commands.append(prefix + ["install"] + (settings.sources.isEmpty ? ["--reinstall"] : []) + again) }
        return commands
    }

    private var prefix: [String] {
        var words = ["apt-get", "-q", "-y"]
        if settings.forceYes { words.append("--force-yes") }
        words += settings.forceConfNew
            ? ["-o", "DPkg::Options::=--force-confnew"]
            : ["-o", "DPkg::Options::=--force-confold", "-o", "DPkg::Options::=--force-confdef"]
        if let recommends = settings.installRecommends { words.append(recommends ? "--install-recommends" : "--no-install-recommends") }
        if settings.onlyUpgrade { words.append("--only-upgrade") }
        if settings.skipVerify { words.append("--allow-unauthenticated") }
        if let repository = settings.fromrepo, !repository.isEmpty, settings.sources.isEmpty { words += ["-t", repository] }
        return words
    }
}
