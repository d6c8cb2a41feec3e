import ArgumentParser
import Glibc
import HaliteJinja
import HaliteRender

/// `halite render`: renders templates without a minion.
struct RenderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Renders templates.",
        discussion:
            "With --batch, each line of the file (- for standard input) is a JSON object, answered by one line: for jinja with id, template, context, templates and options, for salt also with grains, pillar, opts, sls, path, saltenv and salt (function to what it returns), for yaml with id and template, for output with id, data, out and options."
    )

    @Option(help: ArgumentHelp("The renderer: jinja, salt, yaml or output.", valueName: "name")) var renderer = "jinja"
    @Option(help: ArgumentHelp("A file with one request a line, or -.", valueName: "file")) var batch: String

    func validate() throws {
        guard answer != nil else { throw ValidationError("unknown renderer '\(renderer)' (known: jinja, salt, yaml, output)") }
    }

    /// What answers one line.
    private var answer: (@Sendable (String) -> String)? {
        switch renderer {
        case "jinja": RenderBatch.answer
        case "salt": SaltRenderBatch.answer
        case "yaml": YAMLBatch.answer
        case "output": OutputBatch.answer
        default: nil
        }
    }

    func run() async throws {
        guard let answer else { return }
        if batch != "-" {
            let file = open(batch, O_RDONLY)
            guard file >= 0, dup2(file, STDIN_FILENO) >= 0 else {
                throw CommandError("cannot read \(batch): \(String(cString: strerror(errno)))")
            }
            close(file)
        }
        // Deep templates need a deep stack.
        try await BatchThread.run {
            while let line = readLine() {
                if line.utf8.allSatisfy({ $0 == 0x20 }) { continue }
                Terminal.print(answer(line))
            }
        }
    }
}
