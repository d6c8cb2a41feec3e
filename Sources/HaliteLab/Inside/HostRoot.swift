import Glibc

/// The file systems of a host: an overlay of the machine's root with fresh `/dev`, `/proc`, `/run`, `/sys` and `/tmp`.
///
/// All mounts are made in the mount namespace of the host, so none has to be taken away: they end with its last process.
struct HostRoot {
    private let specification: HostSpecification
    private let root: String

    init(_ specification: HostSpecification) {
        self.specification = specification
        root = specification.directory + "/root"
    }

    func enter() throws {
        // Nothing done here may be seen by the machine.
        try mount(nil, "/", nil, UInt(MS_REC) | UInt(MS_PRIVATE), nil)
        try overlay()
        // Sources are paths of the machine: they are bound while its root is still there.
        for item in specification.mounts { try bind(item) }
        try virtualFileSystems()
        try devices()
        try TextFile.makeDirectories(root + specification.stateDirectory)
        try mount("tmpfs", root + specification.stateDirectory, "tmpfs", UInt(MS_NOSUID), "mode=755,size=64k")
        try pivot()
        guard sethostname(specification.hostName, specification.hostName.utf8.count) == 0 else {
            throw LabError.system("set the host name", specification.hostName)
        }
        for path in specification.removed { unlink(path) }
        for file in specification.files {
            if let slash = file.path.lastIndex(of: "/"), slash != file.path.startIndex {
                try TextFile.makeDirectories(String(file.path[..<slash]))
            }
            try TextFile.write(file.path, file.content, mode: mode_t(file.mode))
        }
    }

    private func overlay() throws {
        let directory = specification.directory
        // Volatile: a host is made anew each time, so nothing of it has to reach the disk.
        try mount("overlay", root, "overlay", 0, "lowerdir=/,upperdir=\(directory)/upper,workdir=\(directory)/work,volatile")
    }

    private func bind(_ item: HostSpecification.Mount) throws {
        var information = stat()
        guard stat(item.source, &information) == 0 else { throw LabError.system("mount", item.source) }
        let target = root + item.target
        if information.st_mode & S_IFMT == S_IFDIR {
            try TextFile.makeDirectories(target)
        } else {
            if let slash = target.lastIndex(of: "/") { try TextFile.makeDirectories(String(target[..<slash])) }
            if access(target, F_OK) != 0 { try TextFile.write(target, "", mode: 0o755) }
        }
        try mount(item.source, target, nil, UInt(MS_BIND), nil)
        if item.isReadOnly { try mount(nil, target, nil, UInt(MS_BIND) | UInt(MS_REMOUNT) | UInt(MS_RDONLY), nil) }
    }

    private func virtualFileSystems() throws {
        let guarded = UInt(MS_NOSUID) | UInt(MS_NODEV) | UInt(MS_NOEXEC)
        try mount("proc", root + "/proc", "proc", guarded, nil)
        // Of this network namespace; read-only, because the rest of it belongs to the machine.
        try mount("sysfs", root + "/sys", "sysfs", guarded | UInt(MS_RDONLY), nil)
        // No /run/systemd: programs see that no systemd runs here.
        try mount("tmpfs", root + "/run", "tmpfs", UInt(MS_NOSUID) | UInt(MS_NODEV), "mode=755")
        try TextFile.makeDirectories(root + "/run/lock", mode: 0o1777)
        try mount("tmpfs", root + "/tmp", "tmpfs", UInt(MS_NOSUID) | UInt(MS_NODEV), "mode=1777")
    }

    private func devices() throws {
        let dev = root + "/dev"
        try mount("tmpfs", dev, "tmpfs", UInt(MS_NOSUID), "mode=755")
        let nodes: [(String, UInt64, UInt64)] = [
            ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
        ]
        umask(0)
        for (name, major, minor) in nodes {
            guard mknod("\(dev)/\(name)", S_IFCHR | 0o666, LinuxCalls.device(major, minor)) == 0 else {
                throw LabError.system("make the device", name)
            }
        }
        umask(0o022)
        try TextFile.makeDirectories(dev + "/pts")
        try mount("devpts", dev + "/pts", "devpts", UInt(MS_NOSUID) | UInt(MS_NOEXEC), "newinstance,ptmxmode=0666,mode=0620,gid=5")
        try TextFile.makeDirectories(dev + "/shm")
        try mount("tmpfs", dev + "/shm", "tmpfs", UInt(MS_NOSUID) | UInt(MS_NODEV), "mode=1777")
        let links = [
            ("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
            ("stderr", "/proc/self/fd/2"),
        ]
        for (name, target) in links {
            guard symlink(target, "\(dev)/\(name)") == 0 else { throw LabError.system("link", name) }
        }
    }

    /// Makes the overlay the root and lets go of the machine's.
    private func pivot() throws {
        guard chdir(root) == 0 else { throw LabError.system("enter", root) }
        // Both arguments the same: the old root lies on top of the new one until it is taken off.
        guard LinuxCalls.pivotRoot(".", ".") else { throw LabError.system("make the root of", root) }
        guard umount2(".", Int32(MNT_DETACH)) == 0, chdir("/") == 0 else { throw LabError.system("leave the root above", root) }
    }

    private func mount(_ source: String?, _ target: String, _ type: String?, _ flags: UInt, _ data: String?) throws {
        guard Glibc.mount(source, target, type, flags, data) == 0 else {
            let reason = String(cString: strerror(errno))
            throw LabError(.failed, "cannot mount \(type ?? source ?? "private") on \(target): \(reason)\(hint(type))")
        }
    }

    private func hint(_ type: String?) -> String {
        guard type == "overlay" else { return "" }
        return " (the upper layer needs a file system such as ext4, xfs or tmpfs, not an overlay: choose another folder for the lab's state)"
    }
}
