import Glibc

/// System calls that glibc has but shows to GNU sources only, which Swift's import of it is not.
enum LinuxCalls {
    /// Namespaces as `clone(2)` numbers them.
    struct Namespaces: OptionSet {
        let rawValue: Int32
        static let mount = Namespaces(rawValue: 0x0002_0000)
        static let hostName = Namespaces(rawValue: 0x0400_0000)
        static let ipc = Namespaces(rawValue: 0x0800_0000)
        static let process = Namespaces(rawValue: 0x2000_0000)
        static let network = Namespaces(rawValue: 0x4000_0000)
    }

    /// Gives the calling thread namespaces of its own; the process namespace is for the processes that it starts.
    static func unshare(_ namespaces: Namespaces) -> Bool { glibcUnshare(namespaces.rawValue) == 0 }

    static func pivotRoot(_ root: String, _ old: String) -> Bool { glibcPivotRoot(root, old) == 0 }

    /// Makes a folder of an upper layer hide what stands below it.
    static func makeOpaque(_ directory: String) -> Bool {
        glibcSetAttribute(directory, "trusted.overlay.opaque", "y", 1, 0) == 0
    }

    /// The number of a device as the kernel packs small ones.
    static func device(_ major: UInt64, _ minor: UInt64) -> dev_t { dev_t(major << 8 | minor) }

    /// `POSIX_SPAWN_SETSID`.
    static let spawnInNewSession: Int32 = 0x80
}

@_silgen_name("unshare")
private func glibcUnshare(_ flags: Int32) -> Int32

@_silgen_name("setxattr")
private func glibcSetAttribute(
    _ path: UnsafePointer<CChar>, _ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>, _ size: Int, _ flags: Int32
) -> Int32

@_silgen_name("pivot_root")
private func glibcPivotRoot(_ root: UnsafePointer<CChar>, _ old: UnsafePointer<CChar>) -> Int32
