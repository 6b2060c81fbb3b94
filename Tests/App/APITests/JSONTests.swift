import FoundationEssentials
import Terraform
import Testing

@testable import API

@Suite struct JSONTests {
    @Test(arguments: [0, 1, 951_782_399.5, 951_782_400, 1_709_164_800, 1_764_580_000.125, 4_102_444_799, -1])
    func `a moment is written as Foundation writes it`(seconds: Double) {
        let date = Date(timeIntervalSince1970: seconds)
        #expect(Timestamp.text(date) == date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }

    @Test(arguments: [0, 951_782_399.999, 951_782_400, 1_709_164_800, 1_764_580_000.123, 4_102_444_799, -1])
    func `a moment that was written is read`(seconds: Double) throws {
        let date = Date(timeIntervalSince1970: seconds)
        let read = try #require(Timestamp.date(Timestamp.text(date)))
        #expect(abs(read.timeIntervalSince(date)) < 0.0011 && Timestamp.text(read) == Timestamp.text(date))
    }

    @Test(arguments: [
        "", "now", "2026-01-31", "2026-01-31T12:00:00Z", "2026-13-31T12:00:00.000Z", "2026-01-31T12:00:00.000+", "----------T--:--:--.---Z",
    ])
    func `what is no moment is none`(text: String) {
        #expect(Timestamp.date(text) == nil)
    }

    @Test func `a form is read as it was written, and anything else is refused`() throws {
        let bytes = [UInt8](0...255) + Array("\r\n--other\r\n".utf8)
        let form = MultipartForm.bytes(
            [("run", "application/json", Array("{}".utf8)), ("source", "application/gzip", bytes)],
            boundary: "b0"
        )
        let type = "multipart/form-data; boundary=\"b0\""
        let read = try MultipartForm(form, type: type)
        #expect(read.parts["run"] == Array("{}".utf8) && read.parts["source"] == bytes && read.parts.count == 2)
        for count in [0, 1, 4, 30, form.count / 2, form.count - 5] {
            #expect(throws: Problem.self) { try MultipartForm(Array(form.prefix(count)), type: type) }
        }
        #expect(throws: Problem.self) { try MultipartForm(form, type: "multipart/form-data") }
        #expect(throws: Problem.self) { try MultipartForm(form, type: "multipart/form-data; boundary=b1") }
    }

    @Test func `what is written can be read`() {
        let node = JSONNode.object([
            ("a\"b\\c\n\u{1}", .text("é😀\t\u{7F}")), ("n", 5), ("f", false), ("x", .null), ("l", .list([1, "2", .raw("{\"k\":[1]}")])),
        ])
        let read = JSONValue(parsing: node.bytes)
        #expect(read?["a\"b\\c\n\u{1}"]?.string == "é😀\t\u{7F}")
        #expect(read?["n"]?.int == 5)
        #expect(read?["l"]?.array?.count == 3)
        #expect(read?["l"]?.array?[2]["k"]?.array?.first?.int == 1)
    }

    @Test func `fields say in one sentence what is wrong`() throws {
        func complaint(_ json: String, _ take: (inout Fields) throws -> Void = { _ in }) -> String? {
            do {
                guard let value = JSONValue(parsing: Array(json.utf8)) else { return "no JSON" }
                var fields = try Fields(value)
                try take(&fields)
                try fields.end()
                return nil
            } catch {
                return (error as? Problem)?.detail
            }
        }
        #expect(complaint("[]") == "The body must be a JSON object.")
        #expect(complaint("{\"a\":1,\"a\":2}") == "'a' is given twice; give it once.")
        #expect(complaint("{}") { _ = try $0.text("a") } == "'a' is missing; it must be a text.")
        #expect(complaint("{\"a\":[]}") { _ = try $0.text("a") } == "'a' must be a text, not a list.")
        #expect(complaint("{\"a\":1,\"b\":2}") { _ = $0.take("a") } == "'b' is no field of this request; it takes a.")
        #expect(complaint("{\"a\":\"\\u0000\"}") { _ = try $0.text("a") } == "'a' holds the character NUL; remove it.")
        #expect(
            complaint("{\"a\":2.5}") { _ = try $0.optionalInteger("a", in: 1...9) }
                == "'a' must be a whole number from 1 to 9, not the number 2.5."
        )
        #expect(complaint("{\"a\":null}") { _ = try $0.optionalFlag("a") } == nil)
    }
}
