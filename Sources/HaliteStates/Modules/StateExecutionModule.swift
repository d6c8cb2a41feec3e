import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Runs states and shows what they would be.
package struct StateExecutionModule: ExecutionModule {
    package static let name = "state"
    package static let summary = "Runs states and shows what they would be."

    private static let modules = Parameter<[Value]>.rest("mods", "Names of SLS files, separated by commas; none means the highstate.")
    private static let settings = Parameter<ValueMap>.keywords(
        "kwargs", "test, pillar, saltenv, pillarenv, exclude, queue, concurrent, whitelist, mock, terse, force, state_events.")
    private static let jobID = Parameter<Value>.required("jid", "The id of the running job.")
    private static let stateID = Parameter<String?>.optional("state_id", String?.none, "The ID of a state; without it the next state, whichever it is.")

    package static let functions: [Function] = [
        Function("apply", "Runs the named SLS files, or the highstate when none is named.", modules, settings,
            example: "halite '*' state.apply web test=True", body: apply),
        Function("highstate", "Runs what the top files give this minion.", settings, example: "halite '*' state.highstate", body: highstate),
        Function("sls", "Runs the named SLS files.", modules, settings, example: "halite '*' state.sls core,web", body: apply),
        Function("test", "Says what state.apply would do.", modules, settings, example: "halite '*' state.test web") { context, modules, keywords in
            var keywords = keywords
            keywords["test"] = true
            return try await apply(context, modules, keywords)
        },
        Function("top", "Runs the highstate of another top file.", .required("topfn", "The path of the top file below the file roots."), settings, body: top),
        Function("sls_id", "Runs one ID of the named SLS files, with what it needs.",
            .required("id", "The ID."), modules, settings, body: runID),
        Function("single", "Runs one state given on the command line.",
            .required("fun", "The state function, such as pkg.installed."), .rest("args", "The name, when it is not a keyword."),
            settings, example: "halite '*' state.single pkg.installed name=vim", body: single),
        Function("high", "Runs high data given as an argument.", .required("data", "High data."), settings, body: high),
        Function("low", "Runs one low chunk given as an argument.", .required("data", "A low chunk."), settings, body: low),
        Function("template", "Runs the states of a template file on the minion.", .required("tem", "Its path."), settings, body: template),
        Function("template_str", "Runs the states of a text, without includes.", .required("tem", "The text of an SLS file."), settings, body: templateText),
        Function("show_sls", "Shows the high data of SLS files.", modules, settings, body: showHigh),
        Function("show_highstate", "Shows the high data of the highstate.", settings) { context, keywords in
            try await showHigh(context, [], keywords)
        },
        Function("show_low_sls", "Shows the low chunks of SLS files in their order.", modules, settings, body: showLow),
        Function("show_lowstate", "Shows the low chunks of the highstate in their order.", settings) { context, keywords in
            try await showLow(context, [], keywords)
        },
        Function("show_top", "Shows what the top files give this minion.", settings, body: showTop),
        Function("show_states", "Lists the SLS files that the highstate uses.", settings, body: showStates),
        Function("show_state_usage", "Counts the SLS files that the top files use, and names those that they do not.", settings, body: showUsage),
        Function("sls_exists", "Tells whether all named SLS files render.", modules, settings, body: exists),
        Function("id_exists", "Tells whether IDs are in SLS files.", .required("ids", "IDs, separated by commas."), modules, settings, body: idExists),
        Function("running", "Names the state runs that go on.", .optional("concurrent", false, "Ignore what runs."), body: running),
        Function("request", "Says what state.apply would do, and keeps it to be run with state.run_request.", modules, settings, body: request),
        Function("check_request", "Shows the requests that are kept.", .optional("name", String?.none, "One of them."), body: checkRequest),
        Function("clear_request", "Forgets requests.", .optional("name", String?.none, "One of them."), body: clearRequest),
        Function("run_request", "Runs a request that is kept.", .optional("name", "default", "Its name."), settings, body: runRequest),
        Function("pause", "Lets a running job wait before a state.", jobID, stateID,
            .optional("duration", Int?.none, "Go on after so many seconds."), example: "halite '*' state.pause 20260101120000000000 nginx", body: pause),
        Function("resume", "Ends a pause.", jobID, stateID, body: resume),
        Function("soft_kill", "Ends a running job before a state.", jobID, stateID, body: softKill),
        Function("get_pauses", "Shows the pauses of running jobs.", .optional("jid", Value.null, "One job, or a list."), body: pauses),
        Function("disable", "Lets SLS files or state functions not run.", .required("states", "Names, separated by commas."),
            example: "halite '*' state.disable highstate,test.nop", body: disable),
        Function("enable", "Takes back what state.disable said.", .required("states", "Names, separated by commas."), body: enable),
        Function("list_disabled", "Shows what state.disable said.") { (context: CallContext) in
            context.grains[disabledGrain] ?? ""
        },
        Function("clear_cache", "There is no cache of compiled states; for scripts that call it.") { (_: CallContext) in [String]() },
    ] + graphFunctions
}
