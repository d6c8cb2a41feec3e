import HaliteCore
import HaliteHost
import HaliteValue

/// One function of an execution module or runner, with its typed parameters.
package struct Function: Sendable {
    package typealias Body = @Sendable (CallContext, Arguments) async throws -> Value

    package let name: String
    /// One sentence with a verb; `sys.doc` and the reference show it.
    package let summary: String
    /// A command line that shows its use, such as `halite '*' disk.usage`.
    package let example: String?
    package let parameters: [ParameterInfo]
    private let body: Body

    package init<each Argument: ValueConvertible, Result: ValueConvertible>(
        _ name: String, _ summary: String, _ parameters: repeat Parameter<each Argument>, example: String? = nil,
        body: @escaping @Sendable (CallContext, repeat each Argument) async throws -> Result
    ) {
        var infos: [ParameterInfo] = []
        for parameter in repeat each parameters { infos.append(parameter.info) }
        let parameterInfos = infos
        self.name = name
        self.summary = summary
        self.example = example
        self.parameters = infos
        self.body = { context, arguments in
            var binder = ArgumentBinder(function: context.function, parameters: parameterInfos, arguments: arguments)
            let bound = (repeat try binder.take(each parameters))
            try binder.finish()
            return try await body(context, repeat each bound).value
        }
    }

    init(name: String, summary: String, example: String?, parameters: [ParameterInfo], body: @escaping Body) {
        self.name = name
        self.summary = summary
        self.example = example
        self.parameters = parameters
        self.body = body
    }

    package func call(_ context: CallContext, _ arguments: Arguments) async throws -> Value {
        try await body(context, arguments)
    }

    /// The same function with other words for some of its errors.
    package func explaining(_ explain: @escaping @Sendable (any Error) -> any Error) -> Function {
        let body = body
        return Function(name: name, summary: summary, example: example, parameters: parameters) { context, arguments in
            do {
                return try await body(context, arguments)
            } catch {
                throw explain(error)
            }
        }
    }
}

/// A family of functions that users call as `name.function`.
package protocol ExecutionModule: Sendable {
    /// The name users write. Several modules may share one (`pkg` for apt and for dnf): the first whose
    /// requirement the host meets is taken.
    static var name: String { get }
    /// Further names, for what was renamed.
    static var aliases: [String] { get }
    static var summary: String { get }
    static var requires: Requirement { get }
    static var functions: [Function] { get }
}

extension ExecutionModule {
    package static var aliases: [String] { [] }
    package static var requires: Requirement { .none }
}

/// What a host must be or have for a module to be offered there.
package indirect enum Requirement: Sendable {
    case none
    /// The kernel's name as the grain has it: `Linux`, `FreeBSD`.
    case kernel(String)
    /// A value of the grain `os_family`.
    case osFamily(String)
    /// A program in the path.
    case command(String)
    /// A file or directory.
    case path(String)
    case not(Requirement)
    case all([Requirement])
    case any([Requirement])

    package static func && (left: Requirement, right: Requirement) -> Requirement { .all([left, right]) }
    package static func || (left: Requirement, right: Requirement) -> Requirement { .any([left, right]) }

    /// Whether the host meets it; `why` tells what is missing.
    package func isMet(on host: any Host, grains: ValueMap) async -> Bool {
        switch self {
        case .none: return true
        case .kernel(let name): return grains["kernel"]?.stringValue == name
        case .osFamily(let name): return grains["os_family"]?.stringValue == name
        case .command(let name): return await host.which(name) != nil
        case .path(let path): return (try? await host.exists(path)) ?? false
        case .not(let requirement): return await !requirement.isMet(on: host, grains: grains)
        case .all(let requirements):
            for requirement in requirements where await !requirement.isMet(on: host, grains: grains) { return false }
            return true
        case .any(let requirements):
            for requirement in requirements where await requirement.isMet(on: host, grains: grains) { return true }
            return false
        }
    }
}

extension Requirement: CustomStringConvertible {
    /// In words, for messages and the reference: `the command crontab`.
    package var description: String {
        switch self {
        case .none: "nothing"
        case .kernel(let name): "the kernel \(name)"
        case .osFamily(let name): "a system of the family \(name)"
        case .command(let name): "the command \(name)"
        case .path(let path): path
        case .not(let requirement): "not \(requirement)"
        case .all(let requirements): requirements.map(\.description).joined(separator: " and ")
        case .any(let requirements): requirements.map(\.description).joined(separator: " or ")
        }
    }
}
