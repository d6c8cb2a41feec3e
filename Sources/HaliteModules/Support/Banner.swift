import HaliteCore
import HaliteModuleKit
import HaliteValue

/// A box of comment lines that says who keeps a file.
struct Banner: ArgumentGroup {
    var width = 72
    var commentchar = "#"
    var borderchar = "#"
    var blockstart: String?
    var blockend: String?
    var title: String?
    var textGiven: String?
    var newline = false

    static let fields: [ArgumentField<Banner>] = [
        .field("width", \.width, "The width of the box."), .field("commentchar", \.commentchar, "What begins a comment."),
        .field("borderchar", \.borderchar, "What the border is drawn with."), .field("blockstart", \.blockstart, "A line before the box."),
        .field("blockend", \.blockend, "A line behind the box."), .field("title", \.title, "The first text, centred."),
        .field("text", \.textGiven, "The second text."), .field("newline", \.newline, "End with a line feed."),
    ]

    var text: String {
        get throws {
            let left = commentchar.rightStripped()
            let right = commentchar.stripped()
            let room = width - (count(left) + 1) - (count(right) + 1)
            guard room > 0 else { throw ExecutionError("Width is too small to render banner") }
            let border = commentchar + repeated(String(borderchar.prefix(1)), width - count(left) - count(right)) + right
            let space = commentchar + repeated(" ", width - count(commentchar) * 2) + commentchar
            var lines = blockstart.map { [$0] } ?? []
            lines += [border, space]
            lines += wrapped(title ?? "THIS FILE IS MANAGED BY SALT - DO NOT EDIT", room).map { "\(left) \(centred($0, room)) \(right)" }
            lines.append(space)
            let words = textGiven
                ?? "The contents of this file are managed by Salt. Any changes to this file may be overwritten automatically and without warning."
            lines += wrapped(words, room).map { "\(left) \($0)\(repeated(" ", room - count($0))) \(right)" }
            lines.append(border)
            if let blockend { lines.append(blockend) }
            return lines.joined(separator: "\n") + (newline ? "\n" : "")
        }
    }

    private func count(_ text: String) -> Int { text.unicodeScalars.count }
    private func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: max(0, count)) }

    /// As Python's `str.center`: of an odd rest the left side has more where the width is odd.
    private func centred(_ text: String, _ width: Int) -> String {
        let rest = max(0, width - count(text))
        let left = rest / 2 + (rest & width & 1)
        return repeated(" ", left) + text + repeated(" ", rest - left)
    }

    /// Lines of whole words; a word that is too long is cut.
    private func wrapped(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.words() {
            var word = word
            if !line.isEmpty, count(line) + 1 + count(word) <= width {
                line += " " + word
                continue
            }
            if !line.isEmpty, count(word) > width, width - count(line) > 1 {
                let taken = width - count(line) - 1
                line += " " + String(String.UnicodeScalarView(word.unicodeScalars.prefix(taken)))
                word = String(String.UnicodeScalarView(word.unicodeScalars.dropFirst(taken)))
            }
            if !line.isEmpty { lines.append(line) }
            while count(word) > width {
                lines.append(String(String.UnicodeScalarView(word.unicodeScalars.prefix(width))))
                word = String(String.UnicodeScalarView(word.unicodeScalars.dropFirst(width)))
            }
            line = word
        }
        return line.isEmpty ? lines : lines + [line]
    }
}
