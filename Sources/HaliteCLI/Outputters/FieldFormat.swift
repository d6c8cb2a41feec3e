import HaliteValue

/// The part of Python's `str.format` that layouts of state lines use: numbered fields, keys in brackets, `!s`, and a
/// width with fill and alignment.
enum FieldFormat {
    static func text(_ format: String, _ fields: [Value]) throws(OutputMisfit) -> String {
        var output = ""
        var rest = format.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if (scalar == "{" || scalar == "}"), rest.first == scalar {
                rest.removeFirst()
                output.unicodeScalars.append(scalar)
            } else if scalar == "{" {
                guard let end = rest.firstIndex(of: "}") else { throw OutputMisfit() }
                output += try field(String(rest[..<end]), fields)
                rest = rest[rest.index(after: end)...]
            } else if scalar == "}" {
                throw OutputMisfit()
            } else {
                output.unicodeScalars.append(scalar)
            }
        }
        return output
    }

    private static func field(_ text: String, _ fields: [Value]) throws(OutputMisfit) -> String {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
        var name = halves[0]
        if name.hasSuffix("!s") { name.removeLast(2) }
        let keys = name.split(separator: "[", omittingEmptySubsequences: false).map { String($0) }
        guard let number = Int(keys[0]), fields.indices.contains(number) else { throw OutputMisfit() }
        var value = fields[number]
        for key in keys.dropFirst() {
            guard key.hasSuffix("]"), let next = value[String(key.dropLast())] else { throw OutputMisfit() }
            value = next
        }
        return try aligned(value.pythonString, halves.count > 1 ? halves[1] : "")
    }

    private static func aligned(_ text: String, _ specification: String) throws(OutputMisfit) -> String {
        var scalars = Array(specification.unicodeScalars)[...]
        let marks: [Unicode.Scalar] = ["<", ">", "^"]
        var fill: Unicode.Scalar = " "
        var mark: Unicode.Scalar = "<"
        if scalars.count > 1, marks.contains(scalars[1]) {
            fill = scalars[0]
            mark = scalars[1]
            scalars = scalars.dropFirst(2)
        } else if let first = scalars.first, marks.contains(first) {
            mark = first
            scalars = scalars.dropFirst()
        }
        if scalars.last == "s" { scalars = scalars.dropLast() }
        var digits = ""
        digits.unicodeScalars.append(contentsOf: scalars)
        guard let width = digits.isEmpty ? 0 : Int(digits) else { throw OutputMisfit() }
        let padding = max(0, width - text.unicodeScalars.count)
        let before = mark == ">" ? padding : mark == "^" ? padding / 2 : 0
        let filler = String(Character(fill))
        return String(repeating: filler, count: before) + text + String(repeating: filler, count: padding - before)
    }
}
