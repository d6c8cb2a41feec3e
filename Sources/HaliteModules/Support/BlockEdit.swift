import HaliteCore
import HaliteModuleKit
import HaliteValue

/// `file.blockreplace`: the lines between two markers.
struct BlockEdit: Sendable {
    var start = "#-- start managed zone --"
    var end = "#-- end managed zone --"
    var content = ""
    var appendIfNotFound = false
    var prependIfNotFound = false
    var appendNewline: Bool?
    var insertBefore: Value = .null
    var insertAfter: Value = .null

    /// What can be refused before the file is read.
    func check() throws {
        let exclusive = [appendIfNotFound, prependIfNotFound, insertBefore.isTruthy, insertAfter.isTruthy]
        if exclusive.count(where: { $0 }) > 1 {
            throw ExecutionError(
                "Only one of append_if_not_found, prepend_if_not_found, insert_before_match, and insert_after_match is permitted")
        }
        for (name, pattern) in [("before", insertBefore), ("after", insertAfter)] where pattern.isTruthy && pattern.stringValue == nil {
            throw ExecutionError("RegEx expected in insert_\(name)_match parameter.")
        }
    }

    func apply(_ old: [UInt8]) throws -> FileEdit {
        try TextContent.checkUTF8(old)
        let lines = TextContent.lines(old)
        let lineEnd = lines.first.map { $0.utf8.suffix(2).elementsEqual([0x0D, 0x0A]) ? "\r\n" : "\n" } ?? "\n"
        var new: [String] = []
        var inBlock = false
        var isFound = false
        for line in lines {
            var keeps = true
            if line.holds(start) {
                inBlock = true
            } else if inBlock {
                keeps = false
                if let place = line.place(of: end) {
                    inBlock = false
                    isFound = true
                    new += body(lineEnd, end: String(decoding: Array(line.utf8)[place...], as: UTF8.self))
                }
            }
            if keeps { new.append(line) }
        }
        if inBlock { throw ExecutionError("Unterminated marked block. End of file reached before marker_end.") }
        if !isFound { try place(lineEnd, lines, &new) }
        return FileEdit(old: old, oldLines: lines, newLines: new)
    }

    /// The lines between the markers with the one that ends them.
    private func body(_ lineEnd: String, end: String) -> [String] {
        var bare = Array(end.utf8)
        while let last = bare.last, last == 0x0D || last == 0x0A { bare.removeLast() }
        let closing = String(decoding: bare, as: UTF8.self) + lineEnd
        let lines = content.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
        let parts = lines.enumerated().map { index, line -> String in
            let isInner = index + 1 < lines.count
            return String(decoding: isInner && line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
        }
        // Salt looks for `append_newline` in the state, where nothing means to add one if there is none.
        let addsLine = appendNewline ?? (content.utf8.last != 0x0A)
        let last = parts.last ?? ""
        return parts.dropLast().map { $0 + lineEnd } + (addsLine ? [last + lineEnd, closing] : [last + closing])
    }

    private func place(_ lineEnd: String, _ lines: [String], _ new: inout [String]) throws {
        let whole = [start + lineEnd] + body(lineEnd, end: end)
        let pattern = insertBefore.isTruthy ? insertBefore : insertAfter
        if prependIfNotFound {
            new = whole + new
        } else if appendIfNotFound {
            if let last = new.last, !last.utf8.ends(with: lineEnd) { new[new.count - 1] = last + lineEnd }
            new += whole
        } else if let text = pattern.stringValue, !text.isEmpty {
            let regex = try Pattern.compile(text)
            guard let index = try lines.firstIndex(where: { try regex.matches($0) }) else {
                throw ExecutionError("Cannot edit marked block. Markers were not found in file.")
            }
            new.insert(contentsOf: whole, at: insertBefore.isTruthy ? index : index + 1)
        } else {
            throw ExecutionError("Cannot edit marked block. Markers were not found in file.")
        }
    }
}

extension String {
    /// Where a text stands, by bytes as Python compares; nil when it is not there.
    func place(of text: String) -> Int? {
        let (whole, part) = (Array(utf8), Array(text.utf8))
        guard part.count <= whole.count else { return nil }
        return (0...(whole.count - part.count)).first { whole[$0..<($0 + part.count)].elementsEqual(part) }
    }

    func holds(_ text: String) -> Bool { place(of: text) != nil }
}

extension String.UTF8View {
    fileprivate func ends(with text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
