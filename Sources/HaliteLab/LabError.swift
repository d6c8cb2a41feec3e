/// What a lab could not do. What came from `lab.yml` carries file and line.
package struct LabError: Error, CustomStringConvertible, Sendable, Equatable {
    package struct Code: Sendable, Hashable {
        let name: String
        /// `lab.yml` says something that cannot be.
        package static let definition = Code(name: "definition")
        /// No root, no kernel support, a missing program.
        package static let unsupported = Code(name: "unsupported")
        /// A lab, a network or a name that is already there.
        package static let exists = Code(name: "exists")
        /// A lab or a host that is not there.
        package static let unknown = Code(name: "unknown")
        /// Another command works on the same lab.
        package static let busy = Code(name: "busy")
        /// The system refused.
        package static let failed = Code(name: "failed")
    }

    package let code: Code
    package let message: String
    package let file: String?
    package let line: Int?

    package init(_ code: Code, _ message: String, file: String? = nil, line: Int? = nil) {
        self.code = code
        self.message = message
        self.file = file
        self.line = line
    }

    package var description: String {
        guard let file else { return message }
        return line.map { "\(file), line \($0): \(message)" } ?? "\(file): \(message)"
    }
}
