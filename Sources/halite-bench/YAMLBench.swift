import Glibc
import HaliteRender
import HaliteValue

/// Times repeated loads of files: one JSON object with the best and the median of nanoseconds, and the peak of memory.
enum YAMLBench {
    static func run(files: [String]) {
        var rows: [Value] = []
        for file in files {
            guard let text = read(file) else {
                Line.write("cannot read \(file)")
                exit(66)
            }
            // A file of many documents is loaded document by document.
            let documents = text.split(separator: "\n---\n").map(String.init)
            var times: [Int] = []
            let begin = now()
            repeat {
                let start = now()
                for document in documents {
                    do { _ = try YAML.load(document, file: file) } catch {
                        Line.write("\(error)")
                        exit(65)
                    }
                }
                times.append(now() - start)
            } while times.count < 5 || (now() - begin < 2_000_000_000 && times.count < 2000)
            times.sort()
            rows.append([
                "file": .string(file), "bytes": .int(text.utf8.count), "runs": .int(times.count), "best": .int(times[0]),
                "median": .int(times[times.count / 2]),
            ])
        }
        Line.write(Value.map(["rows": .list(rows), "peakKiB": .int(Stopwatch.peakMemory)]).json())
    }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    private static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
