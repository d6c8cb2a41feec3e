import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Changes an INI file: each step works on the text that the one before would have written, and the file is written once.
struct IniEditor: Sendable {
    let path: String
    let separator: String
    let encoding: String
    private let old: String?
    private(set) var text: String

    init(_ path: String, separator: String, encoding: String?, _ host: any Host) async throws {
        self.path = path
        self.separator = separator
        self.encoding = encoding ?? "utf-8"
        if try await host.status(path) == nil {
            (old, text) = (nil, "")
            return
        }
        do {
            text = try TextCodec.decode(try await host.read(path), self.encoding)
            old = text
        } catch let error as HostError {
            throw ExecutionError("Unable to open file '\(path)'. Exception: \(error)")
        }
    }

    func content() throws -> IniSection { try IniText.parse(text, separator: separator) }

    mutating func set(_ sections: ValueMap, noSpaces: Bool) throws -> ValueMap {
        let root = try content()
        let changes = try root.update(sections)
        text = IniText.write(root, noSpaces: noSpaces)
        return changes
    }

    mutating func removeOption(_ section: String?, _ option: String) throws -> IniSection.Entry? {
        let root = try content()
        let removed: IniSection.Entry?
        if let section, case .section(let found)? = root[section] { removed = found.remove(option) } else { removed = root.remove(option) }
        text = IniText.write(root, noSpaces: false)
        return removed
    }

    /// Nil when there is none.
    mutating func removeSection(_ name: String) throws -> ValueMap? {
        let root = try content()
        guard let removed = root.remove(name) else { return nil }
        text = IniText.write(root, noSpaces: false)
        guard case .section(let section) = removed else { throw ExecutionError("'str' object has no attribute 'items'") }
        return section.value
    }

    /// Writes the file when it is not as it shall be.
    func save(_ host: any Host) async throws {
        if let old, old == text { return }
        let bytes = try TextCodec.encode(text, encoding, errors: "strict")
        do {
            try await FileEdit(old: [], new: bytes).write(path, .inside, host)
        } catch let error as HostError {
            throw ExecutionError("Unable to write file '\(path)'. Exception: \(error)")
        }
    }
}
