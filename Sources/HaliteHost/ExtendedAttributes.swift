/// What a file carries beside its content: access control lists, SELinux labels and what users add.
enum ExtendedAttributes {
    /// Copies what the file system allows; that of another user's it may refuse.
    static func copy(from path: String, to file: Int32) {
        let size = listNames(path, nil, 0)
        guard size > 0 else { return }
        var names = [CChar](repeating: 0, count: size)
        let length = listNames(path, &names, names.count)
        guard length > 0 else { return }
        for name in names[..<length].split(separator: 0) {
            let name = Array(name) + [0]
            // Capabilities belong to the old content: the system itself takes them away when a file is written.
            if String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) == "security.capability" { continue }
            let size = value(path, name, nil, 0)
            guard size >= 0 else { continue }
            var content = [UInt8](repeating: 0, count: size)
            let count = value(path, name, &content, content.count)
            if count >= 0 { _ = set(file, name, content, count, 0) }
        }
    }

    // Swift's module of the C library leaves <sys/xattr.h> out.

    @_silgen_name("listxattr")
    private static func listNames(_ path: UnsafePointer<CChar>, _ list: UnsafeMutablePointer<CChar>?, _ size: Int) -> Int

    @_silgen_name("getxattr")
    private static func value(
        _ path: UnsafePointer<CChar>, _ name: UnsafePointer<CChar>, _ value: UnsafeMutableRawPointer?, _ size: Int
    ) -> Int

    @_silgen_name("fsetxattr")
    private static func set(
        _ file: Int32, _ name: UnsafePointer<CChar>, _ value: UnsafeRawPointer?, _ size: Int, _ flags: Int32
    ) -> Int32
}
