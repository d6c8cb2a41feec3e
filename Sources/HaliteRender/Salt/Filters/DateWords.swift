import Glibc
import HaliteCore
import HaliteJinja

/// Dates in words, such as `2002-12-25 10:11`, `25 Dec 2002`, `+1 day`: the forms of PHP's `strtotime` that have one meaning.
///
/// Zones are read and not applied, as in Salt.
enum DateWords {
    private struct Reading {
        var moment = Moment.now()
        var hasTime = false
        var hasDate = false

        mutating func date(_ year: Int?, _ month: Int?, _ day: Int) {
            if let year { moment.time.tm_year = Int32(year - 1900) }
            if let month { moment.time.tm_mon = Int32(month - 1) }
            moment.time.tm_mday = Int32(day)
            hasDate = true
        }

        mutating func clock(_ hour: Int, _ minute: Int, _ second: Int) {
            (moment.time.tm_hour, moment.time.tm_min, moment.time.tm_sec) = (Int32(hour), Int32(minute), Int32(second))
            hasTime = true
        }

        mutating func shift(_ count: Int, _ unit: String) {
            let count = Int32(clamping: count)
            switch unit.prefix(3) {
            case "sec": moment.time.tm_sec += count
            case "min": moment.time.tm_min += count
            case "hou": moment.time.tm_hour += count
            case "day": moment.time.tm_mday += count
            case "wee": moment.time.tm_mday += count &* 7
            case "for": moment.time.tm_mday += count &* 14
            case "mon": moment.time.tm_mon += count
            default: moment.time.tm_year += count
            }
            moment = moment.normalized()
        }
    }

    private typealias Groups = [String?]

    /// One form, and what it says.
    private struct Rule: Sendable {
        let pattern: String
        let apply: @Sendable (inout Reading, Groups) -> Bool
        init(_ pattern: String, _ apply: @escaping @Sendable (inout Reading, Groups) -> Bool) {
            self.pattern = pattern
            self.apply = apply
        }
    }

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    private static let month =
        "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
    private static let day = "(sun(?:day)?|mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:rs|rsday)?|fri(?:day)?|sat(?:urday)?)"
    private static let unit = "(sec(?:ond)?|min(?:ute)?|hour|day|week|fortnight|month|year)s?"

    static func read(_ text: String) -> Moment? {
        var rest = PythonSplit.strip(PythonCase.lower(text), left: true, right: true, characters: nil)
        guard !rest.isEmpty, rest.utf8.count < 200 else { return nil }
        var reading = Reading()
        while !rest.isEmpty {
            guard let next = step(&reading, rest) else { return nil }
            rest = next
        }
        if reading.hasDate, !reading.hasTime { reading.clock(0, 0, 0) }
        reading.moment.microseconds = 0
        return reading.moment.normalized()
    }

    /// What is left behind the first form that fits.
    private static func step(_ reading: inout Reading, _ text: String) -> String? {
        let bytes = Array(text.utf8)
        for rule in rules {
            guard let pattern = try? PythonRegex.compile("(?:\(rule.pattern))(?![a-su-z0-9]|t(?!\\d))[ \\t,]*"),
                let match = try? pattern.firstMatch(in: bytes, anchor: .start)
            else { continue }
            var changed = reading
            guard rule.apply(&changed, (0...pattern.groupCount).map { match.text($0, of: bytes) }) else { continue }
            reading = changed
            return String(decoding: bytes[match.range.upperBound...], as: UTF8.self)
        }
        return nil
    }

    private static func number(_ groups: Groups, _ group: Int) -> Int {
        groups[group].flatMap { text in Int(text.filter { $0 != " " && $0 != "\t" }) } ?? 0
    }

    private static func monthNumber(_ name: String?) -> Int { (months.firstIndex(of: String((name ?? "").prefix(3))) ?? 0) + 1 }

    private static func setDate(_ reading: inout Reading, _ year: Int?, _ month: Int, _ day: Int) -> Bool {
        guard (0...12).contains(month), (0...31).contains(day) else { return false }
        reading.date(year, month, day)
        return true
    }

    private static func setClock(_ reading: inout Reading, _ hour: Int, _ minute: Int, _ second: Int) -> Bool {
        guard (0...24).contains(hour), (0...59).contains(minute), (0...60).contains(second) else { return false }
        reading.clock(hour, minute, second)
        return true
    }

    private static let rules: [Rule] = numbered + named + relative

    private static let numbered: [Rule] = [
        Rule(
            "@(-?\\d{1,12})",
            { reading, groups in
                guard let moment = Moment(seconds: Double(number(groups, 1))) else { return false }
                reading.moment = moment
                (reading.hasDate, reading.hasTime) = (true, true)
                return true
            }),
        Rule(
            "(\\d{4})(\\d{2})(\\d{2})t?(\\d{2}):?(\\d{2}):?(\\d{2})",
            { reading, groups in
                setDate(&reading, number(groups, 1), number(groups, 2), number(groups, 3))
                    && setClock(&reading, number(groups, 4), number(groups, 5), number(groups, 6))
            }),
        // A time and a year, and so are many numbers that mean seconds: Salt reads them like this.
        Rule(
            "(\\d{2})(\\d{2})(\\d{2})(\\d{4})",
            { reading, groups in
                // Seven digits that are a year and a day win.
                let day = number(groups, 3) * 10 + number(groups, 4) / 1000
                guard day > 366, number(groups, 1) < 24,
                    setClock(&reading, number(groups, 1), number(groups, 2), number(groups, 3))
                else { return false }
                reading.moment.time.tm_year = Int32(number(groups, 4) - 1900)
                return true
            }),
        Rule("(\\d{4})-(\\d{1,2})-(\\d{1,2})", { setDate(&$0, number($1, 1), number($1, 2), number($1, 3)) }),
        Rule("(\\d{4})/(\\d{1,2})/(\\d{1,2})", { setDate(&$0, number($1, 1), number($1, 2), number($1, 3)) }),
        Rule("(\\d{1,2})/(\\d{1,2})/(\\d{4})", { setDate(&$0, number($1, 3), number($1, 1), number($1, 2)) }),
        Rule("(\\d{1,2})/(\\d{1,2})", { setDate(&$0, nil, number($1, 1), number($1, 2)) }),
        Rule("(\\d{1,2})[.\\t-](\\d{1,2})[.-](\\d{4})", { setDate(&$0, number($1, 3), number($1, 2), number($1, 1)) }),
        Rule(
            "(\\d{2})-(\\d{1,2})-(\\d{1,2})",
            { reading, groups in
                let year = number(groups, 1)
                return setDate(&reading, year + (year < 70 ? 2000 : 1900), number(groups, 2), number(groups, 3))
            }),
        Rule(
            "(\\d{4})-?w(\\d{2})(?:-?([0-7]))?",
            { reading, groups in
                reading.moment.time = isoWeek(number(groups, 1), number(groups, 2), groups[3] == nil ? 1 : number(groups, 3))
                reading.hasDate = true
                return true
            }),
        Rule(
            "(\\d{4})\\.?(\\d{3})",
            { reading, groups in
                guard (1...366).contains(number(groups, 2)) else { return false }
                reading.date(number(groups, 1), 1, number(groups, 2))
                return true
            }),
        Rule("(\\d{4})(\\d{2})(\\d{2})", { setDate(&$0, number($1, 1), number($1, 2), number($1, 3)) }),
        Rule("(\\d{4})-(\\d{1,2})", { setDate(&$0, number($1, 1), number($1, 2), 1) }),
        Rule(
            "t?(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:[.,]\\d+)?)?[ \\t]*([ap])\\.?m\\.?",
            { reading, groups in
                setClock(&reading, number(groups, 1) % 12 + (groups[4] == "p" ? 12 : 0), number(groups, 2), number(groups, 3))
            }),
        Rule(
            "t?(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:[.,]\\d+)?)?(?:z|utc|gmt)", { setClock(&$0, number($1, 1), number($1, 2), number($1, 3)) }),
        Rule(
            "t?(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:[.,]\\d+)?)?(?=[^0-9a-z]|$|z|[a-z]{3})",
            {
                setClock(&$0, number($1, 1), number($1, 2), number($1, 3))
            }),
        Rule("(\\d{1,2})[ \\t]*([ap])\\.?m\\.?", { setClock(&$0, number($1, 1) % 12 + ($1[2] == "p" ? 12 : 0), 0, 0) }),
        Rule("t?(\\d{2})(\\d{2})(\\d{2})", { setClock(&$0, number($1, 1), number($1, 2), number($1, 3)) }),
        Rule("t?(\\d{2})(\\d{2})", { !$0.hasDate && setClock(&$0, number($1, 1), number($1, 2), 0) }),
        Rule("(\\d{1,2})\\.(\\d{1,2})(?:\\.(\\d{2}))?", { setClock(&$0, number($1, 1), number($1, 2), number($1, 3)) }),
        Rule(
            "(\\d{4})",
            { reading, groups in
                reading.moment.time.tm_year = Int32(number(groups, 1) - 1900)
                return true
            }),
        Rule("(?:utc|gmt|z)?[+-]\\d{2}:?\\d{2}|z|utc|gmt|[ecmp][sd]t|cet|cest|bst", { reading, _ in reading.hasTime || reading.hasDate }),
    ]

    private static let named: [Rule] = [
        Rule(
            "(\\d{1,2})/\(month)/(\\d{4}):(\\d{2}):(\\d{2}):(\\d{2})",
            { reading, groups in
                setDate(&reading, number(groups, 3), monthNumber(groups[2]), number(groups, 1))
                    && setClock(&reading, number(groups, 4), number(groups, 5), number(groups, 6))
            }),
        Rule(
            "(\\d{1,2})(?:st|nd|rd|th)?[ \\t.-]*\(month)[ \\t.,-]*(\\d{4})",
            { setDate(&$0, number($1, 3), monthNumber($1[2]), number($1, 1)) }),
        Rule(
            "\(month)[ \\t.-]*(\\d{1,2})(?:st|nd|rd|th)?[ \\t.,]+(\\d{4})",
            { setDate(&$0, number($1, 3), monthNumber($1[1]), number($1, 2)) }),
        Rule("(\\d{4})-\(month)-(\\d{1,2})", { setDate(&$0, number($1, 1), monthNumber($1[2]), number($1, 3)) }),
        Rule("\(month)[ \\t.-]*(\\d{4})", { setDate(&$0, number($1, 2), monthNumber($1[1]), 1) }),
        Rule("(\\d{1,2})(?:st|nd|rd|th)?[ \\t.-]*\(month)", { setDate(&$0, nil, monthNumber($1[2]), number($1, 1)) }),
        Rule("\(month)[ \\t.-]*(\\d{1,2})(?:st|nd|rd|th)?", { setDate(&$0, nil, monthNumber($1[1]), number($1, 2)) }),
        Rule(
            month,
            { reading, groups in
                reading.moment.time.tm_mon = Int32(monthNumber(groups[1]) - 1)
                return true
            }),
    ]

    private static let relative: [Rule] = [
        Rule("now", { _, _ in true }),
        Rule("noon", { reading, _ in setClock(&reading, 12, 0, 0) }),
        Rule(
            "(today|midnight|tomorrow|yesterday)",
            { reading, groups in
                if groups[1] == "tomorrow" { reading.shift(1, "day") }
                if groups[1] == "yesterday" { reading.shift(-1, "day") }
                if !reading.hasTime { reading.clock(0, 0, 0) }
                return true
            }),
        Rule(
            "([+-]?[ \\t]*\\d{1,9})[ \\t]*\(unit)([ \\t]+ago)?",
            { reading, groups in
                let count = number(groups, 1)
                reading.shift(groups[3] == nil ? count : -count, groups[2] ?? "")
                return true
            }),
        Rule(
            "(next|last|previous|this)[ \\t]+\(unit)",
            { reading, groups in
                reading.shift(groups[1] == "next" ? 1 : groups[1] == "this" ? 0 : -1, groups[2] ?? "")
                return true
            }),
        Rule("(next[ \\t]+|last[ \\t]+|this[ \\t]+)?\(day)", { setWeekday(&$0, $1) }),
    ]

    private static func setWeekday(_ reading: inout Reading, _ groups: Groups) -> Bool {
        let wanted = days.firstIndex(of: String((groups[2] ?? "").prefix(3))) ?? 0
        let today = Int(reading.moment.normalized().time.tm_wday)
        var distance = (wanted - today + 7) % 7
        if groups[1]?.hasPrefix("next") == true, distance == 0 { distance = 7 }
        if groups[1]?.hasPrefix("last") == true { distance = distance == 0 ? -7 : distance - 7 }
        if distance != 0 { reading.shift(distance, "day") }
        if !reading.hasTime { reading.clock(0, 0, 0) }
        return true
    }

    /// A day of a week of the ISO calendar.
    private static func isoWeek(_ year: Int, _ week: Int, _ day: Int) -> tm {
        var fourth = tm()
        (fourth.tm_year, fourth.tm_mon, fourth.tm_mday) = (Int32(year - 1900), 0, 4)
        fourth = Moment(time: fourth).normalized().time
        // The fourth of January is in the first week.
        let weekday = (Int(fourth.tm_wday) + 6) % 7
        fourth.tm_mday += Int32((week - 1) * 7 + day - 1 - weekday)
        return Moment(time: fourth).normalized().time
    }
}
