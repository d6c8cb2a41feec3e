/// What an undefined name or attribute is good for.
public enum UndefinedPolicy: Sendable, Hashable {
    /// Prints as nothing, is false and iterates as empty; anything else is an error.
    case `default`
    /// Every use but `is defined` and filters such as `default` is an error.
    case strict
    /// As `default`, and attributes of it are undefined again.
    case chainable
    /// As `default`, and prints what is missing.
    case debug

    var className: String {
        switch self {
        case .default: "Undefined"
        case .strict: "StrictUndefined"
        case .chainable: "ChainableUndefined"
        case .debug: "DebugUndefined"
        }
    }
}

/// Where rendering stops instead of exhausting the machine.
public struct RenderLimits: Sendable, Hashable {
    /// Bytes of one rendered text.
    public var outputBytes: Int
    /// Macros, includes, blocks and recursive loops inside each other.
    public var recursionDepth: Int
    /// Loop iterations of one rendering, those of filters included.
    public var steps: Int

    public init(outputBytes: Int = 256 << 20, recursionDepth: Int = 240, steps: Int = 10_000_000) {
        self.outputBytes = outputBytes
        self.recursionDepth = recursionDepth
        self.steps = steps
    }
}

/// How templates are read and rendered; the defaults are those of Jinja2.
public struct EnvironmentOptions: Sendable, Hashable {
    /// Drops the first newline after a block tag.
    public var trimBlocks: Bool
    /// Drops white space between the start of a line and a block tag.
    public var lstripBlocks: Bool
    /// Keeps one newline at the end of a template.
    public var keepTrailingNewline: Bool
    public var undefined: UndefinedPolicy
    /// Escapes output for HTML unless it is marked safe.
    public var autoescape: Bool
    /// Refuses attributes whose names start with an underscore, and long ranges, as Jinja2's sandbox does.
    public var sandboxed = false
    /// What tags begin and end with.
    public var syntax = TemplateSyntax()
    public var limits: RenderLimits

    public init(
        trimBlocks: Bool = false, lstripBlocks: Bool = false, keepTrailingNewline: Bool = false,
        undefined: UndefinedPolicy = .default, autoescape: Bool = false, limits: RenderLimits = .init()
    ) {
        self.trimBlocks = trimBlocks
        self.lstripBlocks = lstripBlocks
        self.keepTrailingNewline = keepTrailingNewline
        self.undefined = undefined
        self.autoescape = autoescape
        self.limits = limits
    }
}
