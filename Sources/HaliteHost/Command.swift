/// One program to run on a host: an argument list, never a shell string built from data.
package struct Command: Sendable {
    /// The program, looked up in the path of the host, and its arguments.
    package var arguments: [String]
    package var workingDirectory: String?
    /// Added to the inherited environment; nil removes a variable.
    package var environment: [String: String?] = [:]
    /// Start with `environment` alone.
    package var clearEnvironment = false
    /// The name of the user to run as.
    package var user: String?
    package var group: String?
    package var umask: String?
    package var standardInput: [UInt8]?
    /// Kills the whole process group when exceeded.
    package var timeout: Duration?
    /// Output beyond this many bytes is an error, so that a runaway program cannot fill the memory.
    package var outputLimit = 64 << 20
    /// Standard error is collected into standard output, in the order it was written.
    package var mergesErrors = false

    package init(_ arguments: [String]) { self.arguments = arguments }

    /// A line for the shell, as `cmd.run` takes it from a user who wrote it.
    package static func shell(_ line: String, shell: String = "/bin/sh") -> Command {
        Command([shell, "-c", line])
    }
}

/// How a program ended and what it wrote.
package struct CommandResult: Sendable {
    package let processID: Int
    /// The exit code, or minus the signal that ended it.
    package let exitCode: Int
    package let standardOutput: [UInt8]
    package let standardError: [UInt8]
    package let timedOut: Bool

    package init(
        processID: Int, exitCode: Int, standardOutput: [UInt8], standardError: [UInt8], timedOut: Bool = false
    ) {
        self.processID = processID
        self.exitCode = exitCode
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.timedOut = timedOut
    }

    package var succeeded: Bool { exitCode == 0 && !timedOut }
    /// Standard output as text without trailing line ends.
    package var text: String { CommandResult.trimmed(standardOutput) }
    package var errorText: String { CommandResult.trimmed(standardError) }
    package var lines: [String] { text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }

    private static func trimmed(_ bytes: [UInt8]) -> String {
        var end = bytes.count
        while end > 0, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }
}
