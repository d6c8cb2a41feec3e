import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Block devices: their settings, their file systems and what drives tell of themselves.
extension DiskModule {
    static let deviceFunctions: [Function] = [
        Function(
            "tune", "Set read-ahead, filesystem-read-ahead, read-only or read-write of a device.", .required("device", "The device."),
            .keywords("kwargs", "The settings."), body: tune),
        Function(
            "dump", "Return the settings of a device, or false.", .required("device", "The device."),
            .optional("args", nil as [String]?, "Some alone."), body: dump),
        Function(
            "wipe", "Remove the signatures of file systems.", .required("device", "The device."),
            body: { (call: CallContext, device: String) async throws -> Bool in try await call.host.run("wipefs", "-a", device).succeeded }),
        Function(
            "resize2fs", "Let a file system fill its device.", .required("device", "The device."),
            body: { (call: CallContext, device: String) async throws -> Bool? in
                try await call.host.run("resize2fs", device).succeeded ? true : nil
            }),
        Function(
            "format", "Make a file system.", .required("device", "The device."), .optional("fs_type", "ext4", "Its type."),
            .optional("inode_size", nil as Int?, "Bytes per inode, or the size of inodes of XFS."),
            .optional("lazy_itable_init", nil as Value, "For ext: initialise tables later."),
            .optional("fat", nil as Int?, "12, 16 or 32."),
            .optional("force", false, "Also where something is."), example: "halite '*' disk.format /dev/sdb1 fs_type=xfs", body: format),
        Function("fstype", "Return the type of a file system.", .required("device", "The device."), body: type),
        Function(
            "get_fstype_from_path", "Return the type of the file system that a path is on.", .required("path", "The path."),
            body: { (call: CallContext, path: String) async throws -> String in
                try await type(call, device: try await call.call("mount.get_device_from_path", .string(path)).pythonString)
            }),
        Function(
            "hdparms", "Return what drives tell of themselves.", .required("disks", "Drives."),
            .optional("args", "aAbBcCdgHiJkMmNnQrRuW" as Value, "Options of hdparm."), body: parameters),
        Function(
            "hpa", "Return or set the hidden area of drives.", .required("disks", "Drives."), .optional("size", nil as Value, "Its size."),
            body: hidden),
        Function(
            "smart_attributes", "Return what a drive has counted.", .required("dev", "The drive."),
            .optional("attributes", nil as [Int]?, "Some alone."), .optional("values", nil as [String]?, "Some columns alone."),
            body: counters),
        Function(
            "iostat", "Watch the load of drives for a while.", .optional("interval", 1, "Seconds between two looks."),
            .optional("count", 5, "How many looks."), .optional("disks", nil as [String]?, "Some alone."), body: load),
    ]

    private static let settings = [
        "read-ahead": "ra", "filesystem-read-ahead": "fra", "read-only": "ro", "read-write": "rw",
    ]

    static func tune(_ call: CallContext, device: String, given: ValueMap) async throws -> Value {
        var (words, shown, invalid): ([String], [String], [String]) = (["blockdev"], [], [])
        for (key, value) in given {
            let name = key.pythonString
            let isFlag = name == "read-only" || name == "read-write"
            guard let setting = settings[name], !isFlag || value == true || value == "True" else {
                invalid.append("\(name)=\(value.pythonString)")
                continue
            }
            shown.append("get" + (setting == "rw" ? "ro" : setting))
            words += isFlag ? ["--set\(setting)"] : ["--set\(setting)", value.pythonString]
        }
        if !invalid.isEmpty { throw ExecutionError("Invalid keyword arguments: \(invalid.joined(separator: ", "))") }
        let result = try await call.host.run(Command(words + [device]))
        guard result.succeeded else { throw ExecutionError(result.errorText) }
        return try await dump(call, device: device, wanted: shown)
    }

    static func dump(_ call: CallContext, device: String, wanted: [String]?) async throws -> Value {
        let names = [
            "getro", "getsz", "getss", "getpbsz", "getiomin", "getioopt", "getalignoff", "getmaxsect", "getsize", "getsize64", "getra",
            "getfra",
        ]
        let result = try await call.host.run(Command(["blockdev"] + names.map { "--" + $0 } + [device]))
        guard result.succeeded else { return false }
        let values = zip(names, result.lines.filter { !$0.isEmpty })
        let found = ValueMap(values.map { (.string($0), .string($1)) })
        guard let wanted, !wanted.isEmpty else { return .map(found) }
        return .map(ValueMap(wanted.map { (.string($0), found[$0] ?? .null) }))
    }

    static func format(
        _ call: CallContext, device: String, type: String, inodeSize: Int?, lazily: Value, fat: Int?, force: Bool
    ) async throws -> Bool {
        let isExt = type.hasPrefix("ext")
        var words = ["mkfs", "-t", type]
        if let inodeSize { words += isExt ? ["-i", String(inodeSize)] : type == "xfs" ? ["-i", "size=\(inodeSize)"] : [] }
        if !lazily.isNull, isExt { words += ["-E", "lazy_itable_init=\(lazily.pythonString)"] }
        if let fat, [12, 16, 32].contains(fat), type.hasSuffix("fat") { words += ["-F", String(fat)] }
        if force { words += isExt ? ["-F"] : type == "xfs" ? ["-f"] : [] }
        let isMade = try await call.host.run(Command(words + [device])).succeeded
        let isWritten = try await call.host.run("sync").succeeded
        return isMade && isWritten
    }

    static func type(_ call: CallContext, device: String) async throws -> String {
        if await call.host.which("lsblk") != nil {
            let lines = try await call.host.run("lsblk", "-o", "fstype", device).lines
            if lines.count > 1, !lines[1].stripped().isEmpty { return lines[1].stripped() }
        }
        // Salt gives the whole line here.
        let lines = try await call.host.run("df", "-T", device).lines
        return lines.count > 1 ? lines[1] : ""
    }

    // MARK: - Drives

    private static func hdparm(_ call: CallContext, _ words: [String], mayFail: Bool) async throws -> [String] {
        let result = try await call.host.run(Command(["hdparm"] + words))
        if !result.succeeded, !mayFail { throw ExecutionError("hdparm \(words.joined(separator: " ")): \(result.errorText)") }
        return result.lines
    }

    private static func parameters(_ call: CallContext, disks: [String], options: Value) async throws -> ValueMap {
        let letters = options.listValue?.map(\.pythonString).joined() ?? options.pythonString
        var found = ValueMap()
        for disk in disks {
            let device = disk.hasPrefix("/dev") ? disk : "/dev/\(disk)"
            var data = ValueMap()
            for line in try await hdparm(call, ["-" + letters, device], mayFail: true).map({ $0.stripped() }) where line != device + ":" {
                guard let mark = line.contains(":") ? ":" : line.contains("=") ? "=" : nil else { continue }
                let pair = line.parts(mark, maxSplits: 1)
                let key = mark == ":" && pair[0].hasSuffix(" is") ? String(pair[0].dropLast(3)) : pair[0]
                guard let value = parameter(pair[1].stripped()) else { continue }
                data[.string(key.stripped().lowercased().parts(" ").joined(separator: "_"))] = value
            }
            found[.string(device)] = .map(data)
        }
        return found
    }

    /// One number, words, or settings: `128 (on)`, `1/2/3`, `a=1, b=2`.
    private static func parameter(_ text: String) -> Value? {
        let words = text.parts(" ")
        if words.count > 1, let number = Int(words[0]), words[1].hasPrefix("("), text.contains(")") {
            return [.int(number), .string(words[1].filter { $0 != "(" && $0 != ")" })]
        }
        var (values, settings): ([Value], ValueMap) = ([], [:])
        for part in text.split(whereSeparator: { $0 == "/" || $0 == "," }).map({ String($0).stripped() }) {
            if let number = Int(part) {
                values.append(.int(number))
            } else if part.contains("=") {
                let pair = part.parts("=", maxSplits: 1)
                if !pair[1].stripped().isEmpty { settings[.string(pair[0].stripped())] = .string(pair[1].stripped()) }
            } else if !part.isEmpty {
                values.append(.string(part))
            }
        }
        if !settings.isEmpty { values.append(.map(settings)) }
        return values.isEmpty ? nil : values.count == 1 ? values[0] : .list(values)
    }

    private static func hidden(_ call: CallContext, disks: [String], size: Value) async throws -> Value {
        var found = ValueMap()
        for (disk, data) in try await parameters(call, disks: disks, options: "N") {
            guard let first = data.mapValue?.first?.value.listValue, first.count > 2, let visible = first[0].intValue,
                let total = first[1].intValue
            else {
                continue
            }
            let isWhole = visible == total || first[2].pythonString.contains("disabled")
            found[disk] =
                isWhole ? ["total": .int(total)] : ["total": .int(total), "visible": .int(visible), "hidden": .int(total - visible)]
        }
        if size.isNull { return .map(found) }
        for (disk, data) in found {
            let total = data["total"]?.intValue ?? 0
            let text = size.pythonString
            var wanted = Int(text).map { total - $0 } ?? 0
            if text.hasSuffix("%"), let percent = Int(text.dropLast()) { wanted = (100 - percent) * total / 100 }
            if wanted <= 0 { wanted = total }
            _ = try await hdparm(call, ["--yes-i-know-what-i-am-doing", "-Np\(wanted)", disk.pythonString], mayFail: false)
        }
        return .null
    }

    private static func counters(_ call: CallContext, device: String, attributes: [Int]?, columns: [String]?) async throws -> ValueMap {
        let path = device.hasPrefix("/dev/") ? device : "/dev/\(device)"
        let result = try await call.host.run("smartctl", "--attributes", path)
        guard result.succeeded else { throw ExecutionError(result.errorText) }
        let lines = result.lines
        guard let head = lines.firstIndex(where: { $0.hasPrefix("ID#") }) else { return [:] }
        let names = lines[head].words().dropFirst().map { $0.lowercased() }
        var found = ValueMap()
        for line in lines[(head + 1)...] {
            var words = line.words()
            guard let id = words.first.flatMap({ Int($0) }) else { break }
            if let attributes, !attributes.contains(id) { continue }
            words.removeFirst()
            if words.count > names.count {
                words = Array(words[..<(names.count - 1)]) + [words[(names.count - 1)...].joined(separator: " ")]
            }
            var data = ValueMap()
            for (name, word) in zip(names, words) where columns?.contains(name) ?? true {
                let numbers = word.parts(" ").map { Int($0) }
                data[.string(name)] =
                    numbers.contains(nil) ? .string(word) : numbers.count == 1 ? .int(numbers[0] ?? 0) : numbers.compactMap { $0 }.value
            }
            found[.int(id)] = .map(data)
        }
        return found
    }

    private static func load(_ call: CallContext, interval: Int, count: Int, disks: [String]?) async throws -> ValueMap {
        let words = ["iostat", disks == nil ? "-x" : "-xd", String(interval), String(count)] + (disks ?? [])
        var lines = try await call.host.run(Command(words)).lines[...]
        var (heads, rows): ([String: [String]], [(name: String, numbers: [Double])]) = ([:], [])
        while let line = lines.popFirst() {
            if line.hasPrefix("avg-cpu:") {
                heads["sys"] = Array(line.words().dropFirst())
                if let numbers = lines.popFirst() { rows.append(("sys", numbers.words().compactMap { Double($0) })) }
            } else if line.hasPrefix("Device") {
                heads["disk"] = Array(line.words().dropFirst())
                while let row = lines.popFirst(), row.unicodeScalars.first?.properties.isAlphabetic == true {
                    let words = row.words()
                    rows.append((words[0], words.dropFirst().compactMap { Double($0) }))
                }
            }
        }
        var found = ValueMap()
        for name in rows.map(\.name) where found[name] == nil {
            let mine = rows.filter { $0.name == name }.map(\.numbers)
            let averages = (heads[name] ?? heads["disk"] ?? []).enumerated().map { index, title -> (Value, Value) in
                let column = mine.compactMap { index < $0.count ? $0[index] : nil }
                let average = column.isEmpty ? 0 : column.reduce(0, +) / Double(column.count)
                return (.string(title), .float((average * 100).rounded(.toNearestOrEven) / 100))
            }
            found[.string(name)] = .map(ValueMap(averages))
        }
        return found
    }
}
