import HaliteHost
import HaliteModuleKit
import HaliteValue

extension CommandResult {
    /// What Salt's `cmd.run_all` returns of a program.
    var report: ValueMap {
        ["pid": .int(processID), "retcode": .int(exitCode), "stdout": .string(text), "stderr": .string(errorText)]
    }
}
