import HaliteModuleKit
import HaliteValue

extension PkgState {
    /// The arguments of the states that install.
    struct InstalledSettings: ArgumentGroup {
        var version: String?
        var refresh: Value = .null
        var fromrepo: String?
        var skipVerify = false
        var skipSuggestions = false
        var pkgs: [Value]?
        var sources: [Value] = []
        var allowUpdates = false
        var pkgVerify: Value = false
        var normalize = true
        var ignoreEpoch: Bool?
        var reinstall = false
        var updateHolds = false
        var hold: Bool?
        var resolveCapabilities = false
        /// What only the package managers look at, by name.
        var passed: ValueMap = [:]

        subscript(passed name: String) -> Value {
            get { passed[.string(name)] ?? .null }
            set { passed[.string(name)] = newValue }
        }

        static let fields: [ArgumentField<InstalledSettings>] = [
            .field("version", \.version, "The version, with * or a comparison such as >=1.2, or latest."),
            .field("refresh", \.refresh, "Fetch the lists first; by default once in a run."),
            .field("fromrepo", \.fromrepo, "The release or repository to take them from."),
            .field("skip_verify", \.skipVerify, "Take packages that nobody signed."),
            .field("skip_suggestions", \.skipSuggestions, "Do not look for packages of similar names."),
            .field("pkgs", \.pkgs, "Packages, each a name or a name and a version."),
            .field("sources", \.sources, "Packages with the place of their file."),
            .field("allow_updates", \.allowUpdates, "A newer version will do."),
            .field("pkg_verify", \.pkgVerify, "Install again when files differ; a list sets ignore_types and verify_options."),
            .field("normalize", \.normalize, "Drop the host's architecture from names."),
            .field("ignore_epoch", \.ignoreEpoch, "Compare versions without epochs."),
            .field("reinstall", \.reinstall, "Install again what is installed."),
            .field("update_holds", \.updateHolds, "Also install what is held."),
            .field("hold", \.hold, "Hold the packages, or release them."),
            .field("resolve_capabilities", \.resolveCapabilities, "Take names of capabilities for the packages that provide them."),
        ] + PkgState.passed.map { name, summary in .field(name, \.[passed: name], summary) }

        /// What `pkg.install` and the lists of packages are told beside what the state itself reads.
        var keywords: ValueMap {
            var keywords = passed
            if resolveCapabilities { keywords["resolve_capabilities"] = true }
            return keywords
        }
    }

    /// Arguments that the state hands on.
    static let passed: [(String, String)] = [
        ("repo", "The same as fromrepo."), ("enablerepo", "Use this repository as well (dnf, yum)."),
        ("disablerepo", "Do not use this repository (dnf, yum)."), ("disableexcludes", "Take excluded packages too (dnf, yum)."),
        ("disableplugin", "Without these plugins (dnf, yum)."), ("branch", "The branch of the repository (yum)."),
        ("setopt", "Settings for this call (dnf, yum)."), ("downloadonly", "Only fetch them."),
        ("install_recommends", "Install what they recommend (apt)."), ("only_upgrade", "Install nothing new (apt)."),
        ("force_conf_new", "Take the package's configuration over a changed one (apt)."), ("force_yes", "Allow what apt warns of."),
        ("debconf", "A file of answers for debconf."), ("cache_valid_time", "Seconds for which the lists at hand will do (apt)."),
        ("env", "Variables to set."), ("no_recommends", "Without recommended packages (zypper)."), ("root", "Another root (dnf, zypper)."),
        ("split_arch", "Whether names may carry an architecture."), ("watch_flags", "Without effect: for Gentoo."),
        ("upgrade", "Without effect."), ("dist_upgrade", "Install and remove others where an upgrade needs it."),
        ("no_signature", "Without effect."), ("advisory_ids", "Patches instead of packages."), ("obsoletes", "Whether obsoletes count (dnf, yum)."),
        ("batch", "Take the defaults of questions (FreeBSD)."), ("orphan", "Mark as installed for others (FreeBSD)."),
        ("automatic", "Mark as installed for others (FreeBSD)."), ("jail", "The jail to act in (FreeBSD)."),
        ("chroot", "The root to act in (FreeBSD)."), ("verify_ssl", "Check certificates when a file is fetched."),
        ("name_only", "Without effect."), ("oneshot", "Without effect: for Gentoo."), ("slot", "Without effect: for Gentoo."),
        ("binhost", "Without effect: for Gentoo."), ("sysupgrade", "Upgrade everything on the way (pacman)."),
        ("options", "Further options (Homebrew)."), ("taps", "Sources (Homebrew)."),
    ]

    /// The arguments of the states that remove.
    struct RemovedSettings: ArgumentGroup {
        var version: String?
        var pkgs: [Value]?
        var normalize = true
        var ignoreEpoch: Bool?
        var passed: ValueMap = [:]

        subscript(passed name: String) -> Value {
            get { passed[.string(name)] ?? .null }
            set { passed[.string(name)] = newValue }
        }

        static let fields: [ArgumentField<RemovedSettings>] = [
            .field("version", \.version, "Remove it only in this version."),
            .field("pkgs", \.pkgs, "Packages, each a name or a name and a version."),
            .field("normalize", \.normalize, "Drop the host's architecture from names."),
            .field("ignore_epoch", \.ignoreEpoch, "Compare versions without epochs."),
        ] + PkgState.passed.map { name, summary in .field(name, \.[passed: name], summary) }
    }
}
