/// What a host knows of one file.
package struct FileStatus: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case file, directory, link, socket, pipe, block, character

        /// The bits of `st_mode` that say so.
        package var typeBits: Int {
            switch self {
            case .socket: 0o140000
            case .link: 0o120000
            case .file: 0o100000
            case .block: 0o060000
            case .directory: 0o040000
            case .character: 0o020000
            case .pipe: 0o010000
            }
        }
    }

    package var kind: Kind
    /// Permission bits with set-uid, set-gid and sticky bit.
    package var mode: Int
    package var userID: Int
    package var groupID: Int
    package var size: Int
    package var inode: Int
    /// How many names the file has.
    package var linkCount: Int
    /// Seconds since 1970.
    package var accessTime: Double
    package var modificationTime: Double
    package var changeTime: Double

    package init(
        kind: Kind, mode: Int, userID: Int, groupID: Int, size: Int = 0, inode: Int = 0, linkCount: Int = 1, accessTime: Double = 0,
        modificationTime: Double = 0, changeTime: Double = 0
    ) {
        self.kind = kind
        self.mode = mode
        self.userID = userID
        self.groupID = groupID
        self.size = size
        self.inode = inode
        self.linkCount = linkCount
        self.accessTime = accessTime
        self.modificationTime = modificationTime
        self.changeTime = changeTime
    }

    /// The mode as Salt writes it: `0644`.
    package var modeText: String {
        let octal = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - octal.count)) + octal
    }
}

/// What a written file shall look like; nil keeps what is there or takes the default of the host.
package struct FileAttributes: Sendable, Equatable {
    package var mode: Int?
    package var userID: Int?
    package var groupID: Int?

    package init(mode: Int? = nil, userID: Int? = nil, groupID: Int? = nil) {
        self.mode = mode
        self.userID = userID
        self.groupID = groupID
    }
}

/// A user or group of the host's database.
package struct UserEntry: Sendable, Equatable {
    package let name: String
    package let userID: Int
    package let groupID: Int
    package let fullName: String
    package let home: String
    package let shell: String

    package init(name: String, userID: Int, groupID: Int, fullName: String, home: String, shell: String) {
        self.name = name
        self.userID = userID
        self.groupID = groupID
        self.fullName = fullName
        self.home = home
        self.shell = shell
    }
}

package struct GroupEntry: Sendable, Equatable {
    package let name: String
    package let groupID: Int
    package let members: [String]

    package init(name: String, groupID: Int, members: [String]) {
        self.name = name
        self.groupID = groupID
        self.members = members
    }
}

package enum HashAlgorithm: String, Sendable, CaseIterable {
    case md5, sha1, sha256, sha384, sha512

    /// The algorithm whose hexadecimal digest has that many characters, as `source_hash` is recognised.
    package init?(digestLength: Int) {
        switch digestLength {
        case 32: self = .md5
        case 40: self = .sha1
        case 64: self = .sha256
        case 96: self = .sha384
        case 128: self = .sha512
        default: return nil
        }
    }
}
