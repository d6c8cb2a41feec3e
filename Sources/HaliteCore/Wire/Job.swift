import HaliteValue

/// One function to run, as the master publishes it.
package struct Job: Sendable, Hashable {
    package let id: String
    package let function: String
    package let arguments: Arguments
    package let user: String
    /// As the user wrote them, for the record.
    package let target: Value
    package let targetKind: String

    package init(id: String, function: String, arguments: Arguments, user: String, target: Value, targetKind: String) {
        self.id = id
        self.function = function
        self.arguments = arguments
        self.user = user
        self.target = target
        self.targetKind = targetKind
    }

    /// With Salt's keys.
    package var value: ValueMap {
        [
            "jid": .string(id), "fun": .string(function), "arg": .list(arguments.jobForm), "user": .string(user), "tgt": target,
            "tgt_type": .string(targetKind),
        ]
    }

    package init(value: ValueMap) throws(ValueError) {
        id = try String(value: value["jid"] ?? .null)
        function = try String(value: value["fun"] ?? .null)
        arguments = Arguments(jobForm: value["arg"]?.listValue ?? [])
        user = value["user"]?.pythonString ?? ""
        target = value["tgt"] ?? .null
        targetKind = value["tgt_type"]?.pythonString ?? "glob"
    }
}

/// What one minion returns for one job.
package struct JobReturn: Sendable, Hashable {
    package let jobID: String
    package let minion: String
    package let function: String
    package let arguments: [Value]
    package let value: Value
    package let returnCode: Int
    package let success: Bool
    /// How the value is best shown, such as `highstate`; nil for the default.
    package let outputter: String?

    package init(
        jobID: String, minion: String, function: String, arguments: [Value], value: Value, returnCode: Int, success: Bool,
        outputter: String? = nil
    ) {
        self.jobID = jobID
        self.minion = minion
        self.function = function
        self.arguments = arguments
        self.value = value
        self.returnCode = returnCode
        self.success = success
        self.outputter = outputter
    }

    /// With Salt's keys, as in the event `salt/job/<jid>/ret/<minion>`.
    package var map: ValueMap {
        var map: ValueMap = [
            "cmd": "_return", "id": .string(minion), "success": .bool(success), "return": value, "retcode": .int(returnCode),
            "jid": .string(jobID), "fun": .string(function), "fun_args": .list(arguments),
        ]
        if let outputter { map["out"] = .string(outputter) }
        return map
    }

    /// - Parameter minion: who sent it; what the data say of that is not believed.
    package init(map: ValueMap, minion: String) throws(ValueError) {
        jobID = try String(value: map["jid"] ?? .null)
        self.minion = minion
        function = try String(value: map["fun"] ?? .null)
        arguments = map["fun_args"]?.listValue ?? []
        value = map["return"] ?? .null
        returnCode = map["retcode"]?.intValue ?? 0
        success = map["success"]?.boolValue ?? (returnCode == 0)
        outputter = map["out"]?.stringValue
    }
}

/// Something that happened.
package struct Event: Sendable, Hashable {
    package let tag: String
    package let data: ValueMap

    package init(tag: String, data: ValueMap) {
        self.tag = tag
        self.data = data
    }
}
