import JSON

@testable import Provisioning
@testable import StateVault

extension FuzzTarget {
    private static let states: [String] = [
        #"{"version":4,"terraform_version":"1.11.4","serial":7,"lineage":"3f1c7b0e-9a55-4f4e-8a65-6a1f00000000","outputs":{"ip":{"value":"1.2.3.4","type":"string"},"all":{"value":{"a":[1,-2.5e3,null]},"type":["object",{"a":["list","number"]}],"sensitive":true}},"resources":[{"mode":"managed","type":"aws_instance","name":"web","provider":"p","instances":[{"index_key":0,"attributes":{"x":"}]\"{["},"sensitive_attributes":[[{"type":"get_attr","value":"x"}]]},{"status":"tainted","index_key":1}]},{"module":"module.a[\"x\"]","mode":"data","type":"aws_ami","name":"ubuntu","instances":[{}]}],"check_results":null}"#,
        #"""
        {
          "version": 4, "serial": 1, "lineage": "l-1",
          "resources": [
            {"instances": [{"index_key": "a b"}, {"index_key": "q\"\\\n${x}%{y}$\u202e"}, {"deposed": "abcd1234"}],
             "name": "late", "type": "t_r", "mode": "managed", "module": "module.m.module.n[0]", "each": "map"},
            {"mode": "managed", "type": "t_r", "name": "gone", "instances": null}
          ],
          "outputs": null, "check_results": [{"object_kind": "check", "status": "pass"}]
        }
        """#,
        #"{"version":4,"serial":0,"lineage":"x"}"#,
    ]

    private static let stateWords = [
        "\"serial\":", "\"version\":", "\"index_key\":", "\"instances\":[", "\"outputs\":{", "\"resources\":[", "\"lineage\":\"",
        "\"deposed\":",
        "\"check_results\":", "\"sensitive\":",
    ]

    /// Terraform's states, and what is made of them.
    static let state = FuzzTarget("state", corpus: states.map { Array($0.utf8) }, words: stateWords) { input in
        let document = try await attempt { try FollowedState(parsing: input) }?.document
        let plain = try await attempt { try StateDocument(parsing: input) }
        try Finding.unless(document == plain, "a follower reads another state")
        _ = try await attempt { try StateContent(parsing: input) }
        _ = try await attempt { try StateDocument.areEqualButForChecks(input + [0x20], input) }
        guard let plain else { return }
        _ = (plain.resourceCount, StateDocument.serial(after: plain.serial), OutputJSON.outputs(of: plain).count)
        let renumbered = try StateDocument(parsing: try StateDocument.replacingSerial(in: input, with: 41))
        try Finding.unless(renumbered.serial == 41 && renumbered.resources == plain.resources, "another serial makes another state")
    }

    /// The walk over JSON with vectors, against the scanner that the vault builds on it.
    static let json = FuzzTarget(
        "json",
        corpus: states.map { Array($0.utf8) } + [Array(#"[1,-2.5e-3,"é\u00e9\ud83d\ude00",true,false,null,{},[]]"#.utf8)],
        words: stateWords
    ) { input in
        guard let end = try await attempt({ try JSONText.endOfValue(in: input, from: 0) }) else { return }
        // What ends somewhere ends there, too, when nothing follows.
        let cut = try await attempt { try JSONText.endOfValue(in: Array(input[..<end]), from: 0) }
        try Finding.unless(cut == end, "a value ends elsewhere without what follows it")
        try Finding.unless(String(validating: input[..<end], as: UTF8.self) != nil, "a value that is no UTF-8 is taken")
        var scanner = JSONScanner(input)
        try scanner.skip()
        try Finding.unless(scanner.position == end, "the scanner ends elsewhere")
    }
}
