import HaliteCore
import HaliteModuleKit
import HaliteStates
import HaliteValue

/// Runs one job on the modules of this host and makes its return.
package struct JobRunner: Sendable {
    let runtime: ModuleRuntime

    package init(runtime: ModuleRuntime) { self.runtime = runtime }

    /// Never throws: whatever goes wrong is the return, as Salt words it.
    package func run(_ job: Job) async -> JobReturn {
        let context = runtime.context(jobID: job.id, function: job.function)
        var value: Value
        var success = true
        do {
            value = try await runtime.call(job.function, job.arguments, in: context)
        } catch let error as UnknownFunctionError {
            value = .string(error.description)
            success = false
            context.outcome.returnCode = 254
        } catch let error as ArgumentError {
            value = .string("ERROR executing '\(job.function)': Passed invalid arguments: \(error)")
            success = false
            context.outcome.returnCode = 1
        } catch let error as ExecutionError {
            value = .string("ERROR: \(error)")
            success = false
            context.outcome.returnCode = 1
        } catch is CancellationError {
            value = .string("ERROR: the job was ended by a signal")
            success = false
            context.outcome.returnCode = 1
        } catch {
            value = .string("The minion function caused an exception: \(error)")
            success = false
            context.outcome.returnCode = 1
        }
        let code = context.outcome.returnCode
        return JobReturn(
            jobID: job.id, minion: runtime.id, function: job.function, arguments: job.arguments.jobForm, value: value,
            returnCode: code, success: success && code == 0, outputter: Self.outputter(job.function, value))
    }

    /// State runs are shown as such; a list of errors too.
    package static func outputter(_ function: String, _ value: Value) -> String? {
        let states: Set<String> = [
            "state.apply", "state.highstate", "state.sls", "state.single", "state.sls_id", "state.high", "state.template",
            "state.template_str", "state.top",
        ]
        return states.contains(function) ? "highstate" : nil
    }
}
