import Access
import Domain
import Schema
import TestKit
import Testing

@testable import API

/// Clients that listen on after what let them in is gone.
@Suite struct LostRightsTests {
    enum Loss: String, CaseIterable {
        case token, membership, user, session

        func happens(to listener: RightsScene.Listener, in scene: RightsScene) async throws {
            // The second process: what the first remembers of its callers stays.
            let access = scene.second.access
            switch (self, listener.subject) {
            case (.token, .token(let id)): _ = try await access.revokeToken(id, by: RightsScene.author)
            case (.membership, _): try await access.revoke(listener.user, in: scene.organization, by: RightsScene.author)
            case (.user, _): _ = try await access.setDisabled(true, user: listener.user, by: RightsScene.author)
            case (.session, _): _ = try await access.endSessions(of: listener.user, by: RightsScene.author)
            default: Issue.record("\(self) of \(listener)")
            }
        }

        /// What who comes back is told.
        var status: String { self == .membership ? "404" : "401" }
    }

    @Test(.requires(.curl), arguments: TestDatabase.allCases, Loss.allCases)
    func `a stream of events ends with the right to read`(kind: TestDatabase, loss: Loss) async throws {
        try await RightsScene.with(kind) { scene in
            let (steady, leaving) = (try await scene.listener("anna"), try await scene.listener("bob", bySession: loss == .session))
            let (streams, subjects) = ([try scene.stream(steady), try scene.stream(leaving)], [steady.subject, leaving.subject])
            for stream in streams { _ = try await stream.line("retry: ") }
            try await scene.rights.wait(for: 3, .answer, about: subjects)
            try await scene.tell(1)
            for stream in streams { _ = try await stream.line("data: 1") }
            try await loss.happens(to: leaving, in: scene)
            #expect(try await streams[1].line("exit") == " 0")
            // What the first process remembers of tokens and sessions is gone after a few seconds.
            try await within(.seconds(60), "\(loss.status)") {
                while try await scene.status(leaving) != loss.status {}
            }
            try await scene.rights.wait(for: 2, .answer, about: [steady.subject])
            try await scene.tell(2)
            _ = try await streams[0].line("data: 2")
            #expect(!streams[1].lines.contains("data: 2"))
            await streams[0].stop()
        }
    }

    @Test(.requires(.pysher), arguments: TestDatabase.allCases, Loss.allCases)
    func `a WebSocket is closed with the right to read`(kind: TestDatabase, loss: Loss) async throws {
        try await RightsScene.with(kind) { scene in
            let (steady, leaving) = (try await scene.listener("anna"), try await scene.listener("bob", bySession: loss == .session))
            let (sockets, subjects) = ([try scene.socket(steady), try scene.socket(leaving)], [steady.subject, leaving.subject])
            for socket in sockets { _ = try await socket.line("pusher_internal:subscription_succeeded") }
            try await scene.rights.wait(for: 3, .answer, about: subjects)
            try await scene.tell(1)
            for socket in sockets { _ = try await socket.line("data: 1") }
            try await loss.happens(to: leaving, in: scene)
            let sentence = "You may no longer read 'private-\(scene.channel)'."
            #expect(try await sockets[1].line("error") == " 4009 8 4009 \(sentence)")
            try await scene.rights.wait(for: 2, .answer, about: [steady.subject])
            try await scene.tell(2)
            _ = try await sockets[0].line("data: 2")
            await sockets[0].stop()
            try await within(.seconds(60), "no connection") {
                while scene.first.live?.pusher.connectionCount != 0 { try await Task.sleep(for: .milliseconds(5)) }
            }
        }
    }

    @Test(.requires(.pysher), arguments: TestDatabase.allCases)
    func `a signature from before is of no use after`(kind: TestDatabase) async throws {
        try await RightsScene.with(kind) { scene in
            let listener = try await scene.listener("anna")
            let socket = try scene.socket(listener, isLate: true)
            _ = try await socket.line("signed")
            try await Loss.token.happens(to: listener, in: scene)
            let sentence = "You may no longer read 'private-\(scene.channel)'."
            #expect(try await socket.wait() == ["signed", "pusher:subscription_error", "refused 4009 \(sentence)"])
        }
    }

    @Test(.requires(.curl), .requires(.pysher), .requires(.postgres)) func `a database that is away throws nobody out`() async throws {
        let postgres = try await ThrowawayPostgres()
        do {
            try await RightsScene.with(postgres.location()) { scene in
                let (anna, bob) = (try await scene.listener("anna"), try await scene.listener("bob"))
                let (stream, socket) = (try scene.stream(anna), try scene.socket(bob))
                _ = try await stream.line("retry: ")
                _ = try await socket.line("pusher_internal:subscription_succeeded")
                let subjects = [anna.subject, bob.subject]
                try await scene.rights.wait(for: 1, .answer, about: subjects)
                try await postgres.kill()
                try await scene.rights.wait(for: 2, .failure, about: subjects)
                try await postgres.restart()
                try await scene.rights.wait(for: 2, .answer, about: subjects)
                try await scene.tell(1)
                for client in [stream, socket] { _ = try await client.line("data: 1") }
                for listener in [anna, bob] { try await LostRightsTests.Loss.token.happens(to: listener, in: scene) }
                #expect(try await stream.line("exit") == " 0")
                #expect(try await socket.line("error").hasPrefix(" 4009 "))
            }
        } catch {
            try await postgres.remove()
            throw error
        }
        try await postgres.remove()
    }
}
