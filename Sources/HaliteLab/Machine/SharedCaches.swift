import Glibc
import HaliteHost

/// Packages that one host has downloaded serve the others, and the labs to come. They stay after `down`.
struct SharedCaches {
    /// Where the hosts see the folder of packages.
    static let packagesInside = "/var/cache/halite/packages"
    static let keeper = "/usr/local/lib/halite-lab/keep-packages"

    let packages: String
    let pip: String

    init(options: LabOptions) {
        packages = options.packageCache
        pip = (Lab.variable("HOME") ?? "/root") + "/.cache/pip"
    }

    func prepare() throws {
        try TextFile.makeDirectories(packages)
        try TextFile.makeDirectories(pip)
    }

    /// Puts the packages where apt looks for downloads: as hard links, or not at all on another file system.
    func seed(upper: String) throws {
        let archives = upper + "/var/cache/apt/archives"
        // With the modes of Debian, because the upper layer's folders replace those below.
        try TextFile.makeDirectories(archives)
        guard let folder = opendir(packages) else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".deb"), !name.hasPrefix(".") { link(packages + "/" + name, archives + "/" + name) }
        }
    }

    /// The folders that hosts share with the machine.
    var mounts: [HostSpecification.Mount] {
        [
            .init(source: packages, target: Self.packagesInside, isReadOnly: false),
            .init(source: pip, target: "/root/.cache/pip", isReadOnly: false),
        ]
    }

    /// Copies what apt has downloaded before dpkg begins; a rename makes it appear whole.
    static let keeperScript = """
        #!/bin/sh
        for file in /var/cache/apt/archives/*.deb; do
            name=${file##*/}
            [ -f "$file" ] && [ ! -e "\(packagesInside)/$name" ] || continue
            cp "$file" "\(packagesInside)/.$name.$(hostname)" && mv "\(packagesInside)/.$name.$(hostname)" "\(packagesInside)/$name"
        done
        exit 0

        """
    static let aptConfiguration = """
        // Hosts of a lab keep what they download for one another.
        DPkg::Pre-Invoke { "\(keeper)"; };
        Binary::apt::APT::Keep-Downloaded-Packages "true";

        """
}
