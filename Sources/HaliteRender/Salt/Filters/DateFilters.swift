import Glibc
import HaliteJinja
import HaliteValue

/// `strftime`: points in time, given as seconds or in words, as text.
enum DateFilters {
    static let table: [String: JinjaFunction] = ["strftime": strftime, "date_format": strftime]

    private static let strftime = SaltFilter.define("strftime", "date=, format=") { arguments, _ in
        let moment = try moment(arguments.value(0))
        if let format = arguments[1], !format.isText {
            throw JinjaError(.type, "strftime() argument 1 must be str, not \(format.isNull ? "None" : format.typeName)")
        }
        return .string(try moment.formatted(arguments[1] == nil ? "%Y-%m-%d" : arguments.text(1)))
    }

    private static func moment(_ value: JinjaValue) throws -> Moment {
        switch value {
        case .null: return Moment.now()
        case .undefined(let undefined) where undefined.policy == .strict: break
        case .int(let seconds): if let moment = Moment(seconds: Double(seconds)) { return moment }
        case .bool(let flag): if let moment = Moment(seconds: flag ? 1 : 0) { return moment }
        case .float(let seconds): if let moment = Moment(seconds: seconds) { return moment }
        case .string(let text), .markup(let text):
            if let moment = DateWords.read(text) { return moment }
            if let seconds = PythonText.float(text), let moment = Moment(seconds: seconds) { return moment }
        default: break
        }
        let shown = try value.isUndefined ? "" : value.str()
        if case .undefined(let undefined) = value, undefined.policy == .strict { throw undefined.error() }
        throw JinjaError(.value, "Unable to parse \(shown)")
    }
}

/// A point in local time.
struct Moment {
    var time: tm
    var microseconds = 0

    static func now() -> Moment {
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        return Moment(seconds: Double(clock.tv_sec) + Double(clock.tv_nsec) / 1e9) ?? Moment(time: tm())
    }

    init(time: tm) { self.time = time }

    /// Nil outside of the years that Python's `datetime` has.
    init?(seconds: Double) {
        guard seconds.isFinite, abs(seconds) < 3e11 else { return nil }
        var whole = seconds.rounded(.down)
        var micro = Int(((seconds - whole) * 1e6).rounded(.toNearestOrEven))
        if micro >= 1_000_000 {
            whole += 1
            micro = 0
        }
        var stamp = time_t(whole)
        var parts = tm()
        guard localtime_r(&stamp, &parts) != nil, (1...9999).contains(Int(parts.tm_year) + 1900) else { return nil }
        time = parts
        microseconds = micro
    }

    /// Brings overflowing fields into their ranges, as the 31st of June.
    func normalized() -> Moment {
        var parts = time
        parts.tm_isdst = -1
        _ = mktime(&parts)
        return Moment(time: parts)
    }

    func formatted(_ format: String) throws -> String {
        var native = ""
        var scalars = format.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            guard scalar == "%", let letter = scalars.popFirst() else {
                native.unicodeScalars.append(scalar)
                continue
            }
            switch letter {
            case "f":
                let digits = String(microseconds)
                native += String(repeating: "0", count: 6 - digits.utf8.count) + digits
            // A time without a zone has no name and no distance.
            case "z", "Z": continue
            case ":" where scalars.first == "z": scalars.removeFirst()
            default:
                native.unicodeScalars.append("%")
                native.unicodeScalars.append(letter)
            }
        }
        // The C library stops at a zero byte, and Python at one gives up.
        guard !native.utf8.contains(0) else { throw JinjaError(.value, "embedded null character") }
        var parts = time
        // One more character tells an empty result from a buffer that is too small.
        var buffer = [CChar](repeating: 0, count: native.utf8.count * 64 + 256)
        let count = Glibc.strftime(&buffer, buffer.count, native + ".", &parts)
        return String(decoding: buffer.prefix(max(0, count - 1)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
