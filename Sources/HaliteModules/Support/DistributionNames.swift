import HaliteCore

/// Names of distributions and their families, as formulas compare them.
enum DistributionNames {
    /// `Debian` for `Debian GNU/Linux`, `RedHat` for `Red Hat Enterprise Linux`.
    static func short(_ fullName: String, id: String) -> String {
        if id == "pop" { return "Pop" }
        if id == "astra" { return fullName.contains("Orel") ? "AstraLinuxCE" : "AstraLinuxSE" }
        let plain = (try? PythonRegex.compile("(?i)\\W(?:gnu/)?linux").substitute("", in: fullName).stripped()) ?? fullName
        let key = String(plain.filter { $0 != " " }.lowercased().prefix(10))
        return names[key] ?? plain
    }

    static func family(_ os: String) -> String { families[os] ?? os }

    /// By the first ten letters of the name without blanks.
    private static let names: [String: String] = [
        "redhatente": "RedHat", "gentoobase": "Gentoo", "archarm": "Arch ARM", "arch": "Arch", "debian": "Debian", "raspbian": "Raspbian",
        "fedoraremi": "Fedora", "amazonami": "Amazon", "alt": "ALT", "enterprise": "OEL", "oracleserv": "OEL", "cloudserve": "CloudLinux",
        "cloudlinux": "CloudLinux", "virtuozzo": "Virtuozzo", "almalinux": "AlmaLinux", "almalinuxk": "AlmaLinux", "pidora": "Fedora",
        "scientific": "ScientificLinux", "synology": "Synology", "nilrt": "NILinuxRT", "poky": "Poky", "manjaro": "Manjaro",
        "manjarolin": "Manjaro", "univention": "Univention", "antergos": "Antergos", "sles": "SUSE", "void": "Void", "slesexpand": "RES",
        "linuxmint": "Mint", "neon": "KDE neon", "pop": "Pop", "rocky": "Rocky", "alibabaclo": "Alinux", "mendel": "Mendel",
        "photon": "VMware Photon OS",
    ]

    private static let families: [String: String] = [
        "Ubuntu": "Debian", "Mint": "Debian", "Raspbian": "Debian", "Devuan": "Debian", "Kali": "Debian", "Parrot OS": "Debian",
        "Trisquel": "Debian", "elementary OS": "Debian", "elementary": "Debian", "Univention": "Debian", "antiX": "Debian",
        "neon": "Debian", "KDE neon": "Debian", "Cumulus": "Debian", "Deepin": "Debian", "Pop": "Debian", "AstraLinuxCE": "Debian",
        "AstraLinuxSE": "Debian", "Mendel": "Debian", "OSMC": "Debian", "TurnKey": "Debian", "Linaro": "Debian", "GCEL": "Debian",
        "Fedora": "RedHat", "CentOS": "RedHat", "CentOS Stream": "RedHat", "Scientific": "RedHat", "ScientificLinux": "RedHat",
        "Amazon": "RedHat", "CloudLinux": "RedHat", "Virtuozzo": "RedHat", "AlmaLinux": "RedHat", "AlmaLinux Kitten": "RedHat",
        "Rocky": "RedHat", "OVS": "RedHat", "OEL": "RedHat", "XCP": "RedHat", "XCP-ng": "RedHat", "XenServer": "RedHat", "RES": "RedHat",
        "ALT": "RedHat", "Alinux": "RedHat", "openEuler": "RedHat", "RED OS": "RedHat", "VMware Photon OS": "RedHat",
        "SLES": "Suse", "SLED": "Suse", "openSUSE": "Suse", "SUSE": "Suse", "openSUSE Leap": "Suse", "openSUSE Tumbleweed": "Suse",
        "SLES_SAP": "Suse", "SUSE Enterprise Server": "Suse", "Arch ARM": "Arch", "Manjaro": "Arch", "Manjaro ARM": "Arch",
        "Antergos": "Arch", "EndeavourOS": "Arch", "Funtoo": "Gentoo", "Mandrake": "Mandriva",
    ]
}
