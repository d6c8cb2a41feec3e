import ArgumentParser
import FoundationEssentials
import HaliteCore
import HaliteHost
import HaliteLab
import HaliteValue

/// `halite lab`: hosts made out of this machine.
struct LabCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab", abstract: "Makes hosts out of this machine: a master and minions to try things on.",
        subcommands: [LabUpCommand.self, LabDownCommand.self, LabStatusCommand.self, LabShellCommand.self, LabExecCommand.self])

    static func options() -> LabOptions {
        // Process 1 of each host is this very program.
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return LabOptions(executable: link ?? CommandLine.arguments[0])
    }

    /// The lab that is meant when none is named: the only one there is.
    static func only(_ name: String?) async throws -> Lab {
        let options = options()
        if let name { return .named(name, options) }
        let all = try await Lab.all(options)
        guard let first = all.first else { throw CommandError("there is no lab; make one with: halite lab up lab.yml") }
        guard all.count == 1 else { throw CommandError("there are several labs, name one with --lab: \(all.joined(separator: ", "))") }
        return .named(first, options)
    }

    /// Errors of the lab are for the user as they are.
    static func told<T>(_ body: () async throws -> T) async throws -> T { try await CommandError.wrapping(1, body) }
}

struct LabUpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "up", abstract: "Brings up the hosts of a lab.yml.")
    @Argument(help: "The file.") var file = "lab.yml"

    func run() async throws {
        try await LabCommand.told {
            let definition = try await LabDefinition.load(file, on: LocalHost())
            try await Lab(definition, options: LabCommand.options()).up { Terminal.error($0) }
        }
    }
}

struct LabDownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "down", abstract: "Removes a lab with everything it made.")
    @Argument(help: "The name of the lab; all labs when none is given.") var name: String?

    func run() async throws {
        try await LabCommand.told {
            let options = LabCommand.options()
            let names: [String]
            if let name { names = [name] } else { names = try await Lab.all(options) }
            if names.isEmpty { Terminal.error("there is no lab") }
            for name in names {
                if try await !Lab.named(name, options).down(progress: { Terminal.error($0) }) { throw CommandError("the lab '\(name)' could not be removed wholly") }
            }
        }
    }
}

struct LabStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "Tells which labs and hosts there are.")

    func run() async throws {
        try await LabCommand.told {
            let options = LabCommand.options()
            for name in try await Lab.all(options) {
                guard let status = try Lab.named(name, options).status() else { continue }
                Terminal.print("\(name): \(status.isUp ? "up" : "not wholly up")")
                for host in status.hosts {
                    Terminal.print("  \(host.name)  \(host.address)  \(host.processID.map { "process \($0)" } ?? "down")")
                }
            }
        }
    }
}

struct LabShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "shell", abstract: "Opens a shell in a host.")
    @Option(help: "The lab, when there are several.") var lab: String?
    @Argument(help: "The host.") var host: String

    func run() async throws {
        let code = try await LabCommand.told { try await LabCommand.only(lab).shell(host) }
        if code != 0 { throw ExitStatus(code: code) }
    }
}

struct LabExecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Runs a command in a host.", usage: "halite lab exec [--lab name] <host> -- <command> [arguments]")
    @Option(help: "The lab, when there are several.") var lab: String?
    @Argument(help: "The host.") var host: String
    @Argument(parsing: .postTerminator, help: "The command and its arguments.") var command: [String] = []

    func run() async throws {
        guard !command.isEmpty else { throw CommandError("expected a command behind --, such as: halite lab exec \(host) -- hostname", code: 64) }
        let code = try await LabCommand.told { try await LabCommand.only(lab).exec(host, command) }
        if code != 0 { throw ExitStatus(code: code) }
    }
}

/// Process 1 of a lab's host; users have no need to call it.
struct LabInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "lab-init", shouldDisplay: false)
    @Argument var specification: String

    func run() throws { throw ExitStatus(code: LabInit.run(specification)) }
}
