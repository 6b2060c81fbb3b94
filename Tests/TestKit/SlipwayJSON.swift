internal import FoundationEssentials

/// Any JSON, to be looked into.
package enum JSONTree: Sendable, Hashable, Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([JSONTree])
    case object([String: JSONTree])

    /// Nil for what is no JSON.
    package init?(_ text: String) {
        guard let tree = try? JSONDecoder().decode(JSONTree.self, from: Data(text.utf8)) else { return nil }
        self = tree
    }

    package init(from decoder: any Decoder) throws {
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
            self = .null
        } else if let value = try? single.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? single.decode(Double.self) {
            self = .number(value)
        } else if let value = try? single.decode(String.self) {
            self = .text(value)
        } else if let value = try? single.decode([JSONTree].self) {
            self = .list(value)
        } else {
            self = .object(try single.decode([String: JSONTree].self))
        }
    }

    package subscript(_ name: String) -> JSONTree? { if case .object(let members) = self { members[name] } else { nil } }
    package subscript(_ index: Int) -> JSONTree? { list.indices.contains(index) ? list[index] : nil }

    package var text: String? { if case .text(let text) = self { text } else { nil } }
    package var number: Double? { if case .number(let number) = self { number } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var list: [JSONTree] { if case .list(let list) = self { list } else { [] } }
    package var names: Set<String> { if case .object(let members) = self { Set(members.keys) } else { [] } }
}

extension JSONTree {
    /// The addresses and ids of the managed resources in a Terraform state: instances of a `count` or `for_each` with their index.
    package var stateResources: [String: String] {
        var result: [String: String] = [:]
        for resource in self["resources"]?.list ?? [] where resource["mode"]?.text == "managed" {
            let module = resource["module"]?.text.map { "\($0)." } ?? ""
            let address = "\(module)\(resource["type"]?.text ?? "").\(resource["name"]?.text ?? "")"
            for instance in resource["instances"]?.list ?? [] {
                let index =
                    switch instance["index_key"] {
                    case .number(let number)?: "[\(Int(number))]"
                    case .text(let text)?: "[\"\(text)\"]"
                    default: ""
                    }
                result[address + index] = instance["attributes"]?["id"]?.text ?? ""
            }
        }
        return result
    }
}
