import Glibc

/// What a host could not do: the operation, the path or program, and the system's reason.
package struct HostError: Error, CustomStringConvertible, Equatable {
    package struct Code: Sendable, Hashable {
        let name: String
        package static let noSuchFile = Code(name: "no such file")
        package static let notPermitted = Code(name: "not permitted")
        package static let exists = Code(name: "exists")
        package static let noSpace = Code(name: "no space")
        package static let notADirectory = Code(name: "not a directory")
        package static let isADirectory = Code(name: "is a directory")
        package static let tooLarge = Code(name: "too large")
        package static let noSuchProgram = Code(name: "no such program")
        package static let noSuchUser = Code(name: "no such user")
        package static let other = Code(name: "other")
    }

    package let code: Code
    package let message: String
    /// The system's number of the error and the path it is about; nil when the host knows none.
    package let number: Int32?
    package let path: String?

    package init(_ code: Code, _ message: String, number: Int32? = nil, path: String? = nil) {
        self.code = code
        self.message = message
        self.number = number
        self.path = path
    }

    /// The system's reason alone, such as `No such file or directory`.
    package var reason: String { number.map { String(cString: strerror($0)) } ?? message }

    /// The text of Python's `OSError`, which Salt shows in many comments.
    package var pythonText: String {
        guard let number, let path else { return message }
        return "[Errno \(number)] \(reason): '\(path)'"
    }

    package var description: String { message }
}
