import HaliteCore
import HaliteModuleKit
import HaliteValue
import Synchronization

/// The minion's side of one line: asks and gets answers by number.
package final class MasterConnection: Sendable {
    package let channel: any MessageChannel
    private let state = Mutex(State())

    private struct State {
        var nextNumber = 1
        var waiting: [Int: CheckedContinuation<Value, any Error>] = [:]
        var isClosed = false
    }

    package init(channel: any MessageChannel) { self.channel = channel }

    /// Asks the master; throws what the master answered as an error, or that the line broke.
    package func request(_ operation: String, _ arguments: ValueMap) async throws -> Value {
        let number = state.withLock { state in
            defer { state.nextNumber += 1 }
            return state.nextNumber
        }
        return try await withCheckedThrowingContinuation { continuation in
            let isClosed = state.withLock { state in
                if !state.isClosed { state.waiting[number] = continuation }
                return state.isClosed
            }
            if isClosed {
                continuation.resume(throwing: ExecutionError("the connection to the master is closed"))
                return
            }
            // Ends with the sending; the answer resumes the continuation.
            Task {
                do {
                    try await channel.send(
                        Message(.request, ["number": .int(number), "operation": .string(operation), "arguments": .map(arguments)]))
                } catch {
                    take(number)?.resume(throwing: error)
                }
            }
        }
    }

    private func take(_ number: Int) -> CheckedContinuation<Value, any Error>? {
        state.withLock { $0.waiting.removeValue(forKey: number) }
    }

    package func answer(_ body: ValueMap) {
        guard let number = body["number"]?.intValue, let continuation = take(number) else { return }
        if let error = body["error"] {
            continuation.resume(throwing: ExecutionError(error.pythonString))
        } else {
            continuation.resume(returning: body["result"] ?? .null)
        }
    }

    /// Everybody who waits learns that the line is gone.
    package func closed() {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [:] }
            return state.waiting.values.map { $0 }
        }
        for continuation in waiting { continuation.resume(throwing: ExecutionError("the connection to the master was lost")) }
    }
}

/// The connection of the moment; between two connections asking is an error at once.
package final class MasterLine: MasterLink {
    private let current = Mutex<MasterConnection?>(nil)

    package init() {}

    package func set(_ connection: MasterConnection?) { current.withLock { $0 = connection } }

    /// Sends over the connection of the moment, which may be a newer one than the one over which a job came.
    package func send(_ message: Message) async throws {
        guard let connection = current.withLock({ $0 }) else { throw ExecutionError("there is no connection to the master") }
        try await connection.channel.send(message)
    }

    package func request(_ operation: String, _ arguments: ValueMap) async throws -> Value {
        guard let connection = current.withLock({ $0 }) else { throw ExecutionError("there is no connection to the master") }
        return try await connection.request(operation, arguments)
    }

    package func fire(tag: String, data: ValueMap) async throws {
        _ = try await request("event", ["tag": .string(tag), "data": .map(data)])
    }

    package func sendMine(_ data: ValueMap, clear: Bool) async throws {
        _ = try await request("mine_send", ["data": .map(data), "clear": .bool(clear)])
    }

    package func mine(target: String, function: String, targetType: String) async throws -> ValueMap {
        try await request(
            "mine_get", ["tgt": .string(target), "fun": .string(function), "tgt_type": .string(targetType)]
        ).mapValue ?? [:]
    }

    package func deleteMine(function: String?) async throws {
        _ = try await request("mine_delete", ["fun": function.value])
    }

    package func pillar(grains: ValueMap, saltenv: String, pillarenv: String?, override: ValueMap) async throws -> ValueMap {
        try await request(
            "pillar",
            ["grains": .map(grains), "saltenv": .string(saltenv), "pillarenv": pillarenv.value, "override": .map(override)]
        ).mapValue ?? [:]
    }
}
