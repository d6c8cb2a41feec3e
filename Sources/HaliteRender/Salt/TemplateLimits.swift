import HaliteCore
import HaliteJinja
import HaliteValue

/// The setting `template_limits`: where a rendering stops instead of exhausting the machine.
///
///     template_limits:
///       output_bytes: 268435456     # of one rendered text
///       loop_steps: 10000000        # iterations of one rendering, those of filters included
///       recursion_depth: 240        # macros, includes and blocks inside each other
///
/// Salt has no such setting; these are the defaults.
enum TemplateLimits {
    private static let names = ["loop_steps", "output_bytes", "recursion_depth"]

    static func read(_ value: Value?) throws(RenderError) -> RenderLimits {
        var limits = RenderLimits()
        guard let value, !value.isNull else { return limits }
        guard let map = value.mapValue else { throw error("is to be a dictionary, found \(value.typeName)") }
        for (key, value) in map {
            let name = key.pythonString
            guard names.contains(name) else {
                throw error("has no '\(name)'\(NearestName.hint(name, among: names)) (known: \(names.joined(separator: ", ")))")
            }
            guard let number = value.intValue, number > 0 else {
                throw error("wants a positive integer for \(name), found \(value.pythonRepr)")
            }
            switch name {
            case "loop_steps": limits.steps = number
            case "output_bytes": limits.outputBytes = number
            // Beyond this the stack of a render thread would end first.
            default: limits.recursionDepth = min(number, 1_000)
            }
        }
        return limits
    }

    private static func error(_ message: String) -> RenderError {
        RenderError(renderer: "jinja", message: "the setting template_limits \(message)", file: "configuration", line: 0)
    }
}
