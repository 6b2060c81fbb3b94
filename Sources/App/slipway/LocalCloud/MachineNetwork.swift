import Host
import Log

/// A wire between the host and a machine's network namespace, with a network of two addresses on it.
///
/// It is gone with the namespace. 198.18.0.0/15 is for tests of network devices (RFC 2544), so that nobody's own network is hidden by it.
enum MachineNetwork {
    /// Makes the wire, and tells the machine its addresses.
    ///
    /// - Returns: The machine's address.
    static func give(to process: Int32, _ folder: String, _ output: ProgramOutput, _ setting: MachineSetting) async throws -> String {
        // Before this word the process is still in the host's own network.
        guard await output.wait(for: "waiting\n") else { throw MachineFault("the machine does not start: \(output.lastLine)") }
        var why = ""
        for _ in 0..<64 {
            let number = Int.random(in: 0..<(1 << 14))
            let (gateway, address) = (text(number * 4 + 1), text(number * 4 + 2))
            // The interface's name is taken or not: so two services, too, never give one network twice.
            let wire = "slw" + String(number, radix: 16)
            let lines = """
                link add \(wire) type veth peer name eth0 netns \(process)
                address add \(gateway)/30 dev \(wire)
                link set \(wire) up

                """
            let command = ChildProcess.Command(
                setting.ip,
                ["-batch", "-"],
                environment: MachineSetting.environment,
                input: .bytes(Array(lines.utf8))
            )
            let answer = try await ChildProcess.run(command)
            if answer.status.isSuccess {
                try FileSystem.write(Array("\(address) \(gateway)\n".utf8), to: "\(folder)/network.new")
                try FileSystem.rename("\(folder)/network.new", to: "\(folder)/network")
                return address
            }
            why = answer.errorText.split(separator: "\n").first.map(String.init) ?? ""
            guard why.contains("File exists") else { break }
        }
        throw MachineFault("the machine gets no network (\(Harmless.line(why))): try --loopback")
    }

    private static func text(_ offset: Int) -> String { "198.18.\(offset >> 8).\(offset & 255)" }
}
