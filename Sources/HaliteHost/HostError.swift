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

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
