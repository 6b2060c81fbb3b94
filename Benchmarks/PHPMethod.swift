import FoundationEssentials
import Host

/// How document 003 seals a state, in PHP: `gzcompress` with level 9, then what Laravel's `Crypt::encryptString` does.
///
/// - SeeAlso: <https://github.com/laravel/framework/blob/v11.0.0/src/Illuminate/Encryption/Encrypter.php>
struct PHPMethod {
    struct Figures {
        /// Seconds for one.
        let save: Double
        let load: Double
        let sealedSize: Int
    }

    private static let script = #"""
        <?php
        [, $file, $count] = $argv;
        $state = file_get_contents($file);
        $key = random_bytes(32);

        function encrypt(string $text, string $key): string {
            $iv = random_bytes(16);
            $value = openssl_encrypt($text, 'aes-256-cbc', $key, 0, $iv);
            $iv = base64_encode($iv);
            $mac = hash_hmac('sha256', $iv . $value, $key);
            $tag = '';
            return base64_encode(json_encode(compact('iv', 'value', 'mac', 'tag'), JSON_UNESCAPED_SLASHES));
        }

        function decrypt(string $sealed, string $key): string {
            $payload = json_decode(base64_decode($sealed), true);
            if (!hash_equals(hash_hmac('sha256', $payload['iv'] . $payload['value'], $key), $payload['mac'])) exit(1);
            return openssl_decrypt($payload['value'], 'aes-256-cbc', $key, 0, base64_decode($payload['iv']));
        }

        $start = hrtime(true);
        for ($round = 0; $round < $count; $round++) $sealed = encrypt(gzcompress($state, 9), $key);
        $saved = hrtime(true);
        for ($round = 0; $round < $count; $round++) $loaded = gzuncompress(decrypt($sealed, $key));
        $end = hrtime(true);
        if ($loaded !== $state) exit(1);
        echo $saved - $start, ' ', $end - $saved, ' ', strlen($sealed), "\n";
        """#

    private let program: String
    private let file: String
    private let environment: [String: String]

    init(_ rig: Rig, in folder: String) throws {
        program = try rig.tool("php", remedy: "install the package php-cli")
        file = "\(folder)/method.php"
        environment = rig.environment
        try FileSystem.write(Array(Self.script.utf8), to: file)
    }

    /// Seals and opens the state in a file so many times, in a process of its own; its start is not counted.
    func measure(_ state: String, count: Int) async throws -> Figures {
        let command = ChildProcess.Command(
            program,
            ["-d", "memory_limit=-1", file, state, "\(count)"],
            environment: environment,
            folder: "/"
        )
        let finished = try await ChildProcess.run(command, timeout: .seconds(300))
        let numbers = finished.text.split { $0 == " " || $0 == "\n" }.compactMap { Double($0) }
        guard finished.status.isSuccess, numbers.count == 3 else {
            throw Rig.Failure(description: "PHP failed: \((finished.text + finished.errorText).suffix(500))")
        }
        return Figures(
            save: numbers[0] / 1e9 / Double(count),
            load: numbers[1] / 1e9 / Double(count),
            sealedSize: Int(numbers[2])
        )
    }
}
