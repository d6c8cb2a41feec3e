/// A day and time of the Gregorian calendar without a time zone, reckoned without the C library.
struct CivilDate: Sendable, Equatable {
    var year = 1900
    var month = 1
    var day = 1
    var hour = 0
    var minute = 0
    var second = 0
    var microsecond = 0

    init() {}

    /// The moment so many seconds after the start of 1970.
    init(seconds: Double) {
        let whole = Int(seconds.rounded(.down))
        let days = whole >= 0 ? whole / 86400 : (whole - 86399) / 86400
        let rest = whole - days * 86400
        // Howard Hinnant's civil_from_days, with years that begin in March.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
        microsecond = Int((seconds - Double(whole)) * 1e6)
    }

    /// Days since the start of 1970.
    var days: Int { Self.days(year, month, day) }
    var seconds: Double { Double(days * 86400 + hour * 3600 + minute * 60 + second) + Double(microsecond) / 1e6 }
    /// Monday is 0.
    var weekday: Int { ((days + 3) % 7 + 7) % 7 }

    /// The number of the week as ISO 8601 counts, whose weeks belong to the year of their Thursday.
    var week: Int {
        let thursday = days - weekday + 3
        let start = CivilDate(seconds: Double(thursday) * 86400)
        return (thursday - Self.days(start.year, 1, 1)) / 7 + 1
    }

    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    // MARK: - Reading

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let fullMonths = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    ]
    private static let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    private static let fullWeekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

    /// Reads a text by a format of `strptime`; nil when it does not fit.
    init?(_ text: String, format: String) {
        var reader = Reader(rest: Array(text.utf8)[...])
        var isAfternoon: Bool?
        var dayOfYear: Int?
        var letters = Array(format.utf8)[...]
        while let letter = letters.popFirst() {
            if letter == 0x20 {
                while reader.rest.first == 0x20 { reader.rest.removeFirst() }
                continue
            }
            guard letter == UInt8(ascii: "%"), let directive = letters.popFirst() else {
                guard reader.skip(letter) else { return nil }
                continue
            }
            switch UnicodeScalar(directive) {
            case "Y": guard let number = reader.number(4, exactly: true) else { return nil }; year = number
            case "y": guard let number = reader.number(2) else { return nil }; year = number + (number < 69 ? 2000 : 1900)
            case "m": guard let number = reader.number(2), (1...12).contains(number) else { return nil }; month = number
            case "d": guard let number = reader.number(2), (1...31).contains(number) else { return nil }; day = number
            case "H": guard let number = reader.number(2), number < 24 else { return nil }; hour = number
            case "I": guard let number = reader.number(2), (1...12).contains(number) else { return nil }; hour = number
            case "M": guard let number = reader.number(2), number < 60 else { return nil }; minute = number
            case "S": guard let number = reader.number(2), number < 62 else { return nil }; second = number
            case "j": guard let number = reader.number(3), (1...366).contains(number) else { return nil }; dayOfYear = number
            case "f": guard let number = reader.fraction() else { return nil }; microsecond = number
            case "b": guard let index = reader.word(Self.months) else { return nil }; month = index + 1
            case "B": guard let index = reader.word(Self.fullMonths) else { return nil }; month = index + 1
            case "a": guard reader.word(Self.weekdays) != nil else { return nil }
            case "A": guard reader.word(Self.fullWeekdays) != nil else { return nil }
            case "p": guard let index = reader.word(["am", "pm"]) else { return nil }; isAfternoon = index == 1
            case "%": guard reader.skip(directive) else { return nil }
            default: return nil
            }
        }
        guard reader.rest.isEmpty else { return nil }
        if let isAfternoon { hour = hour % 12 + (isAfternoon ? 12 : 0) }
        if let dayOfYear {
            let found = CivilDate(seconds: Double(Self.days(year, 1, 1) + dayOfYear - 1) * 86400)
            (month, day) = (found.month, found.day)
        }
        // A day that the month has not.
        let check = CivilDate(seconds: Double(days) * 86400)
        guard check.month == month, check.day == day else { return nil }
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func skip(_ byte: UInt8) -> Bool {
            guard rest.first == byte else { return false }
            rest.removeFirst()
            return true
        }

        mutating func number(_ digits: Int, exactly: Bool = false) -> Int? {
            let found = rest.prefix(digits).prefix { (0x30...0x39).contains($0) }
            guard !found.isEmpty, !exactly || found.count == digits else { return nil }
            rest = rest.dropFirst(found.count)
            return found.reduce(0) { $0 * 10 + Int($1) - 0x30 }
        }

        mutating func fraction() -> Int? {
            let count = rest.prefix(6).prefix { (0x30...0x39).contains($0) }.count
            guard let number = number(6) else { return nil }
            return (count..<6).reduce(number) { result, _ in result * 10 }
        }

        mutating func word(_ words: [String]) -> Int? {
            for (index, word) in words.enumerated() where rest.prefix(word.utf8.count).elementsEqual(word.utf8, by: { $0 | 0x20 == $1 }) {
                rest = rest.dropFirst(word.utf8.count)
                return index
            }
            return nil
        }
    }
}

extension CivilDate {
    /// Python's `isoformat()` of a moment in UTC, without the zone.
    static func isoText(secondsSince1970 seconds: Int) -> String {
        let date = CivilDate(seconds: Double(seconds))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let year = String(repeating: "0", count: max(0, 4 - String(date.year).count)) + String(date.year)
        return "\(year)-\(two(date.month))-\(two(date.day))T\(two(date.hour)):\(two(date.minute)):\(two(date.second))"
    }
}
