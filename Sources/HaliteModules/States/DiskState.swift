import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The room on disks, watched and not changed.
package struct DiskState: StateModule {
    package static let name = "disk"
    package static let summary = "The room on disks, watched and not changed."

    package static let functions: [StateFunction] = [
        StateFunction(
            "status", "A file system has room within limits.", .required("name", "A mount point, device or folder."),
            .optional("maximum", .null as Value, "The most that may be used."), .optional("minimum", .null as Value, "The least that must be used."),
            .optional("absolute", false, "Limits are kilobytes rather than per cent."), .optional("free", false, "Limits concern free room."), body: status)
    ]

    private static func limit(_ name: String, _ value: Value, range: ClosedRange<Int>?, unit: String) throws -> Int? {
        guard !value.isNull else { return nil }
        let text = value.pythonString.stripped()
        guard let number = Int((text.hasSuffix(unit) ? String(text.dropLast(unit.count)) : text).stripped()) else {
            throw ExecutionError("\(name) must be an integer ")
        }
        if let range, !range.contains(number) {
            throw ExecutionError("\(name) must be in the range [\(range.lowerBound), \(range.upperBound)] ")
        }
        return number
    }

    private static func status(
        _ state: StateContext, name: String, maximum: Value, minimum: Value, absolute: Bool, free: Bool
    ) async throws -> StateResult {
        let unit = absolute ? "KB" : "%"
        let (most, least): (Int?, Int?)
        do {
            most = try limit("maximum", maximum, range: absolute ? nil : 0...100, unit: unit)
            least = try limit("minimum", minimum, range: absolute ? nil : 0...100, unit: unit)
        } catch let error as ExecutionError {
            return state.failed("\(error)")
        }
        if let most, let least, least >= most { return state.failed("minimum must be less than maximum ") }
        let usage = try await state.call.call("disk.usage").mapValue ?? [:]
        let used: Double
        let available: Double
        let data: Value
        if let row = usage[name]?.mapValue {
            data = .map(row)
            used = absolute ? number(row["used"]) : number(row["capacity"])
            available = absolute ? number(row["available"]) : 100 - used
        } else if try await state.call.host.isDirectory(name) {
            let sizes = try await state.call.call("status.diskusage", .string(name)).mapValue?[name]?.mapValue ?? [:]
            let (total, free) = (number(sizes["total"]), number(sizes["available"]))
            data = [.string(name): .map(sizes)]
            used = absolute ? total - free : percent(total - free, of: total)
            available = absolute ? free : percent(free, of: total)
        } else {
            return state.failed("Disk mount \(name) not present. Directory \(name) does not exist or is not a directory")
        }
        let (value, word) = free ? (available, "available") : (used, "used")
        var result = state.unchanged("Disk used space in acceptable range")
        if let least, value < Double(least) {
            result = state.failed("Disk \(word) space is below minimum of \(least) \(unit) at \(text(value)) \(unit)")
        } else if let most, value > Double(most) {
            result = state.failed("Disk \(word) space is above maximum of \(most) \(unit) at \(text(value)) \(unit)")
        }
        result.extra["data"] = data
        return result
    }

    private static func number(_ value: Value?) -> Double {
        let text = value?.pythonString ?? ""
        return Double(text.hasSuffix("%") ? String(text.dropLast()) : text) ?? 0
    }

    private static func percent(_ part: Double, of whole: Double) -> Double { whole == 0 ? 0 : (part / whole * 1000).rounded() / 10 }
    private static func text(_ number: Double) -> String { number == number.rounded() ? "\(Int(number))" : "\(number)" }
}
