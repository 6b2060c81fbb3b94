import TestKit
import Testing

@testable import Remote

/// What holds for every store: a folder, an S3 server that checks signatures, and a simulated AWS.
@Suite struct ObjectStoreTests {
    @Test(arguments: TestStore.allCases) func `what was put is got`(kind: TestStore) async throws {
        try await kind.with { store in
            for (number, count) in [0, 1, 65_537, 3_000_000].enumerated() {
                let key = try ObjectKey("terraform-states/org-1/deployment-\(number)/v1-state.sealed")
                let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                try await store.put(bytes, at: key)
                #expect(try await store.get(key, limit: count) == bytes)
                let facts = try #require(try await store.head(key))
                #expect(facts.key == key)
                #expect(facts.byteCount == count)
                #expect(facts.modifiedAt != nil)
            }
        }
    }

    @Test(arguments: TestStore.allCases) func `a second put replaces the first`(kind: TestStore) async throws {
        try await kind.with { store in
            let key = try ObjectKey("a/b")
            try await store.put([1, 2, 3], at: key)
            try await store.put([4], at: key)
            #expect(try await store.get(key, limit: 10) == [4])
        }
    }

    @Test(arguments: TestStore.allCases) func `what isn't there is nil, and removing it is no error`(kind: TestStore) async throws {
        try await kind.with { store in
            let key = try ObjectKey("a/b")
            #expect(try await store.get(key, limit: 10) == nil)
            #expect(try await store.head(key) == nil)
            try await store.delete(key)
            try await store.put([1], at: key)
            try await store.delete(key)
            try await store.delete(key)
            #expect(try await store.get(key, limit: 10) == nil)
            #expect(try await store.list(prefix: "", from: nil, limit: 10).objects.isEmpty)
        }
    }

    @Test(arguments: TestStore.allCases) func `an object over the limit is refused`(kind: TestStore) async throws {
        try await kind.with { store in
            let key = try ObjectKey("large")
            try await store.put([UInt8](repeating: 1, count: 200_000), at: key)
            for limit in [0, 199_999] {
                await #expect(throws: RemoteError(.tooLarge(limit: limit))) { try await store.get(key, limit: limit) }
            }
        }
    }

    @Test(arguments: TestStore.allCases) func `unusual names are kept as they are`(kind: TestStore) async throws {
        try await kind.with { store in
            let names = [
                "sp ace+plus=and&", "ünï/cødé 漢字", "a%20b%2Fc", "q?x#y", "quote'\"<tag>&amp;", "tilde~*(!),;:@$", "under_score-.x",
            ]
            for name in names {
                let key = try ObjectKey(name)
                try await store.put(Array(name.utf8), at: key)
                #expect(try await store.get(key, limit: 100) == Array(name.utf8), "\(name)")
                #expect(try await store.list(prefix: name, from: nil, limit: 10).objects.map(\.key) == [key], "\(name)")
            }
            #expect(try await store.list(prefix: "", from: nil, limit: 100).objects.map(\.key.text).sorted() == names.sorted())
        }
    }

    @Test(arguments: TestStore.allCases) func `a listing is in order, in pages, and by prefix`(kind: TestStore) async throws {
        try await kind.with { store in
            var names = ["a-b", "a/b/c", "a/b/d", "a/b-e", "a/c", "ab", "b"]
            names += (0..<20).map { "org-1/deployment-\($0)/v1-state.sealed" }
            for name in names { try await store.put([1], at: try ObjectKey(name)) }
            let sorted = try names.map { name throws in try ObjectKey(name) }.sorted()
            for pageSize in [1, 3, 26, 27, 1000] {
                var seen: [ObjectKey] = []
                try await store.forEach(pageSize: pageSize) { seen.append($0.key) }
                #expect(seen == sorted, "pages of \(pageSize)")
            }
            for prefix in ["a", "a/", "a/b", "a/b/", "a/b/c", "org-1/deployment-1", "none", "a/b/c/d"] {
                var seen: [String] = []
                try await store.forEach(prefix: prefix, pageSize: 2) { seen.append($0.key.text) }
                #expect(seen == sorted.map(\.text).filter { $0.hasPrefix(prefix) }, "\(prefix)")
            }
        }
    }

    @Test(arguments: TestStore.allCases) func `many at a time don't disturb one another`(kind: TestStore) async throws {
        try await kind.with { store in
            try await withThrowingTaskGroup { group in
                for number in 0..<40 {
                    group.addTask {
                        let key = try ObjectKey("many/\(number % 10)/\(number)")
                        let bytes = [UInt8](repeating: UInt8(number), count: 5000 + number)
                        try await store.put(bytes, at: key)
                        guard try await store.get(key, limit: 10_000) == bytes else { throw TooLate(description: "\(number)") }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.list(prefix: "many/", from: nil, limit: 1000).objects.count == 40)
        }
    }
}
