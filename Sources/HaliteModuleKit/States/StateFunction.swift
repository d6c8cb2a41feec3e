import HaliteCore
import HaliteValue

/// One function of a state module, with its typed parameters; the first one is `name`.
package struct StateFunction: Sendable {
    package typealias Body = @Sendable (StateContext, Arguments) async throws -> StateResult

    package let name: String
    package let summary: String
    package let parameters: [ParameterInfo]
    private let body: Body

    package init<each Argument: ValueConvertible>(
        _ name: String, _ summary: String, _ parameters: repeat Parameter<each Argument>,
        body: @escaping @Sendable (StateContext, repeat each Argument) async throws -> StateResult
    ) {
        var infos: [ParameterInfo] = []
        for parameter in repeat each parameters { infos.append(parameter.info) }
        let parameterInfos = infos
        self.name = name
        self.summary = summary
        self.parameters = infos
        self.body = { context, arguments in
            var binder = ArgumentBinder(
                function: context.call.function, parameters: parameterInfos, arguments: arguments)
            let bound = (repeat try binder.take(each parameters))
            let unknown = binder.takeUnknown()
            try binder.finish()
            var result = try await body(context, repeat each bound)
            result.warnings += StateFunction.warnings(unknown, context, known: parameterInfos.map(\.name))
            return result
        }
    }

    init(name: String, summary: String, parameters: [ParameterInfo], body: @escaping Body) {
        self.name = name
        self.summary = summary
        self.parameters = parameters
        self.body = body
    }

    package func call(_ context: StateContext, _ arguments: Arguments) async throws -> StateResult {
        try await body(context, arguments)
    }
}

/// A family of states that users write as `name.function`.
package protocol StateModule: Sendable {
    static var name: String { get }
    static var summary: String { get }
    static var requires: Requirement { get }
    /// A function named `mod_watch` runs when a state that this one watches has changed something.
    static var functions: [StateFunction] { get }
    /// Takes over the work of other chunks of the module, when the module can (Salt's `mod_aggregate`).
    static var aggregate: StateAggregate? { get }
}

extension StateModule {
    package static var requires: Requirement { .none }
    package static var aggregate: StateAggregate? { nil }
}

/// Gives a chunk the work of others that have not run yet.
/// - Parameters:
///   - chunk: the low chunk that is about to run; changed to do the work of all.
///   - others: low chunks that wait; those whose work was taken over are changed as well.
package typealias StateAggregate = @Sendable (_ chunk: inout ValueMap, _ others: inout [ValueMap]) -> Void
