import HaliteValue

/// A filter, a test or a function: takes the call with its arguments, gives a value or throws.
///
/// The first positional argument of a filter or test is the value that it is applied to.
public typealias JinjaFunction = @Sendable (JinjaCall) throws -> JinjaValue

/// A name that templates see without being given it as context.
public enum JinjaGlobal: Sendable {
    case value(Value)
    /// A value that the host holds too, to see afterwards what the template made of it; asked for once for each rendering that uses the name.
    case held(@Sendable () -> JinjaValue)
    case function(JinjaFunction)
    /// Makes a host object; called once for each rendering that uses the name.
    case object(@Sendable () -> JinjaObject)
}

/// The text of a data tag such as `load_yaml`, to be parsed by the host.
public struct DataTagInput: Sendable {
    /// `yaml`, `json` or `text`, as the tag's name ends.
    public let format: String
    public let text: String
    /// The template the text comes from.
    public let template: String
}

/// What the layer above adds to the language.
public struct JinjaExtensions: Sendable {
    public var filters: [String: JinjaFunction]
    public var tests: [String: JinjaFunction]
    public var globals: [String: JinjaGlobal]
    /// Switches on `load_yaml`, `load_json`, `load_text`, `import_yaml`, `import_json` and `import_text`,
    /// and parses their text.
    public var dataTags: (@Sendable (DataTagInput) throws -> Value)?
    /// Makes what `{{ }}` prints of containers and objects; text and numbers are printed as they are.
    public var finalize: (@Sendable (JinjaValue) throws -> JinjaValue)?
    /// Switches on `{% profile as 'name' %}` and is told the name and the seconds spent.
    public var profile: (@Sendable (_ name: String, _ seconds: Double) -> Void)?

    public init(
        filters: [String: JinjaFunction] = [:], tests: [String: JinjaFunction] = [:],
        globals: [String: JinjaGlobal] = [:],
        dataTags: (@Sendable (DataTagInput) throws -> Value)? = nil,
        profile: (@Sendable (String, Double) -> Void)? = nil,
        finalize: (@Sendable (JinjaValue) throws -> JinjaValue)? = nil
    ) {
        self.filters = filters
        self.tests = tests
        self.globals = globals
        self.dataTags = dataTags
        self.profile = profile
        self.finalize = finalize
    }
}
