import Audit
import Domain
import FoundationEssentials
import Storage
import TestKit
import Testing

@testable import StateVault

@Suite struct `Versions` {
    @Test(arguments: TestDatabase.allCases)
    func `Going back makes a new version whose serial alone is new`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            for serial in [3, 5, 9] { _ = try await fixture.save(SampleState.json(serial: serial, resources: serial), fence: 4) }
            let back = try await fixture.vault.rollback(fixture.first, to: 1, author: "ada@laptop", reason: "bad change")
            #expect(back.version == 4 && back.serial == 10 && back.author == "ada@laptop" && back.isFinal)
            #expect(back.changeSummary == "Rolled back to version 1")
            #expect(try await fixture.vault.load(fixture.first)?.bytes == SampleState.json(serial: 10, resources: 3))
            #expect(try await fixture.vault.load(fixture.first, version: 3)?.bytes == SampleState.json(serial: 9, resources: 9))
            let audited = try #require(try await fixture.audited("state.rolled_back").first)
            #expect(audited.actor == "ada@laptop" && audited.details == #"{"reason":"bad change","to":"1"}"#)
            #expect(try await fixture.vault.currentLock(of: fixture.first) == nil)
            #expect(
                await reason { try await fixture.vault.rollback(fixture.first, to: 77, author: "a") }
                    == .noVersion(fixture.first, version: 77)
            )
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Nobody goes back or imports while another holds the lock`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            for serial in 1...2 { _ = try await fixture.save(SampleState.json(serial: serial)) }
            let lock = try await fixture.vault.lock(fixture.first, id: "L", holder: "job deploy-1", reason: "apply")
            #expect(await reason { try await fixture.vault.rollback(fixture.first, to: 1, author: "a") } == .locked(lock))
            let import3 = SampleState.json(serial: 3)
            #expect(await reason { try await fixture.vault.importState(import3, into: fixture.first, author: "a") } == .locked(lock))
            #expect(try await fixture.vault.rollback(fixture.first, to: 1, author: "a", lock: "L").version == 3)
            _ = try await fixture.vault.forceUnlock(fixture.first)
            let gone = VaultError.Reason.lockNotHeld(id: "L", current: nil)
            #expect(await reason { try await fixture.vault.rollback(fixture.first, to: 1, author: "a", lock: "L") } == gone)
            #expect(try await fixture.vault.versions(of: fixture.first).count == 3)
        }
    }

    @Test(arguments: [SampleState.json(serial: .max), SampleState.json(serial: 1 << 53), SampleState.json(serial: -1)])
    func `A serial that leaves no room for later ones is refused where a person brings it`(state: [UInt8]) async throws {
        try await TestDatabase.sqlite.withVault { fixture in
            #expect(await reason { try await fixture.save(state) } == .unusableSerial)
            #expect(await reason { try await fixture.vault.checkImport(state, into: fixture.first) } == .unusableSerial)
            let forced = await reason { try await fixture.vault.importState(state, into: fixture.first, author: "a", force: true) }
            #expect(forced == .unusableSerial)
            let most = SampleState.json(serial: Int(StateDocument.largestSerial))
            let imported = try await fixture.vault.importState(most, into: fixture.first, author: "a")
            #expect(imported.version?.version == 1)
        }
    }

    @Test func `What a run has made is kept whatever its serial, and one can go back from it`() async throws {
        try await TestDatabase.sqlite.withVault { fixture in
            _ = try await fixture.save(SampleState.json(serial: 1), job: "deploy-1")
            let hostile = SampleState.json(serial: .max, resources: 2)
            #expect(try await fixture.save(hostile, job: "deploy-2")?.serial == .max)
            #expect(try await fixture.vault.load(fixture.first)?.bytes == hostile)
            let back = try await fixture.vault.rollback(fixture.first, to: 1, author: "a")
            #expect(back.version == 3 && back.serial == StateDocument.largestSerial)
            #expect(try await fixture.vault.rollback(fixture.first, to: 2, author: "a").serial == StateDocument.largestSerial)
            _ = try await fixture.vault.importState(SampleState.json(serial: 5), into: fixture.first, author: "a", force: true)
            #expect(try await fixture.vault.rollback(fixture.first, to: 1, author: "a").serial == 6)
        }
    }

    @Test func `The next serial is above all others, and never overflows`() {
        #expect(StateDocument.serial(after: 3, 7) == 8 && StateDocument.serial(after: -5) == 1 && StateDocument.serial(after: .min) == 1)
        #expect(StateDocument.serial(after: StateDocument.largestSerial - 1) == StateDocument.largestSerial)
        #expect(StateDocument.serial(after: 1, .max) == StateDocument.largestSerial)
    }

    @Test func `Only the last serial at the top is rewritten`() throws {
        let text = #"{ "version":4 ,"resources":[{"serial": 1}], "serial" : 7 , "lineage":"serial", "outputs":{"serial":{"value":7}}}"#
        let changed = try StateDocument.replacingSerial(in: Array(text.utf8), with: 123)
        #expect(String(decoding: changed, as: UTF8.self) == text.replacing(#""serial" : 7"#, with: #""serial" : 123"#))
        #expect(throws: VaultError.self) { try StateDocument.replacingSerial(in: Array(#"{"version":4}"#.utf8), with: 1) }
    }

    @Test(arguments: TestDatabase.allCases)
    func `An import says what it would override, and does so only when forced`(kind: TestDatabase) async throws {
        try await kind.withVault { fixture in
            _ = try await fixture.save(SampleState.json(serial: 5))
            let foreign = SampleState.json(serial: 2, lineage: "other")
            let check = try await fixture.vault.checkImport(foreign, into: fixture.first)
            #expect(check.overrides == [.lineage(stored: SampleState.lineage, offered: "other"), .serial(stored: 5, offered: 2)])
            #expect(check.current?.version == 1 && check.document.serial == 2 && !check.isUnchanged)
            let refused = VaultError.Reason.otherLineage(stored: SampleState.lineage, offered: "other")
            #expect(await reason { try await fixture.vault.importState(foreign, into: fixture.first, author: "a") } == refused)
            let forced = try await fixture.vault.importState(foreign, into: fixture.first, author: "a", force: true)
            #expect(forced.version?.version == 2 && forced.overrides == check.overrides)
            #expect(try await fixture.vault.export(fixture.first).bytes == foreign)
            #expect(
                try await fixture.vault.importState(foreign, into: fixture.first, author: "a") == ImportedState(version: nil, overrides: [])
            )
            #expect(
                await reason { try await fixture.vault.checkImport(Array(#"{"version":3}"#.utf8), into: fixture.first) }
                    == .unsupportedFormat(version: 3)
            )
            #expect(await reason { try await fixture.vault.export(fixture.second) } == .noVersion(fixture.second, version: nil))
            #expect(try await fixture.audited("state.imported").count == 1)
        }
    }

    @Test(arguments: TestDatabase.allCases)
    func `Two versions are compared by names, never values`(kind: TestDatabase) async throws {
        func state(_ serial: Int, _ resources: String, _ outputs: String) -> [UInt8] {
            Array(#"{"version":4,"serial":\#(serial),"lineage":"l","outputs":{\#(outputs)},"resources":[\#(resources)]}"#.utf8)
        }
        func resource(_ name: String, _ attributes: String, _ more: String = "") -> String {
            #"{"mode":"managed","type":"aws_db","name":"\#(name)","instances":[{"index_key":0,"attributes":{\#(attributes)}\#(more)}]}"#
        }
        let marked = #","sensitive_attributes":[[{"type":"get_attr","value":"password"}]]"#
        let old = state(
            1,
            resource("a", #""id":"1","password":"old-secret","tags":{"x": 1}"#, marked) + "," + resource("b", #""id":"2""#),
            #""same":{"value":1,"type":"number"},"token":{"value":"old-secret","type":"string","sensitive":true}"#
        )
        let new = state(
            2,
            resource("a", #""id":"1", "password": "new-secret","tags":{"x":1}"#, marked) + ","
                + resource("c", #""id":"3""#, #","status":"tainted""#),
            #""same":{"value": 1,"type":"number"},"token":{"value":"new-secret","type":"string","sensitive":true},"z":{"value":1,"type":"number"}"#
        )
        try await kind.withVault { fixture in
            _ = try await fixture.save(old)
            _ = try await fixture.save(new)
            let difference = try await fixture.vault.compare(fixture.first)
            #expect(difference.from.version == 1 && difference.to.version == 2)
            #expect(difference.added == ["aws_db.c[0]"] && difference.removed == ["aws_db.b[0]"])
            let attributes: [StateComparison.Attribute] = [.init(name: "password", isSensitive: true)]
            #expect(difference.changed == [.init(address: "aws_db.a[0]", attributes: attributes, statusChanged: false)])
            #expect(
                difference.outputs == [
                    .init(name: "token", change: .changed, isSensitive: true), .init(name: "z", change: .added, isSensitive: false),
                ]
            )
            #expect(!String(reflecting: difference).contains("secret"))
            #expect(try await fixture.vault.compare(fixture.first, from: 2, to: 2).isEmpty)
            #expect(
                await reason { try await fixture.vault.compare(fixture.first, from: 9, to: 2) } == .noVersion(fixture.first, version: 9)
            )
        }
    }
}
