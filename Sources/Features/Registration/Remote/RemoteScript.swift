/// What is run on a server: text for any POSIX shell, sent as its input, so that neither the login's shell nor quoting matters.
///
/// A script says what it found in lines `@name value`; whatever else a login prints is passed over.
struct RemoteScript: Sendable {
    /// What the server is asked to run.
    static let command = "exec /bin/sh -s"
    let text: String

    init(_ text: String) { self.text = text }

    /// As one command list that is read to its end before it begins: nothing in it can eat the rest as its input.
    var bytes: [UInt8] { Array("{\n\(Self.prelude)\n\(text)\n} </dev/null\n".utf8) }

    /// Several scripts, one after the other, for one way to the server and back.
    static func + (left: RemoteScript, right: RemoteScript) -> RemoteScript { RemoteScript(left.text + "\n" + right.text) }

    /// A text as one word of a shell.
    static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

    /// `say` prints a fact on one line; `brief` runs a command, but not for ever.
    private static let prelude = """
        LC_ALL=C; export LC_ALL
        PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin"; export PATH
        say() { n=$1; shift; printf '@%s %s\\n' "$n" "$(printf '%s' "$*" | tr '\\n\\r\\000' '   ' | cut -c 1-500)"; }
        if command -v timeout >/dev/null 2>&1; then brief() { timeout 10 "$@"; }; else brief() { "$@"; }; fi
        """

    // MARK: - Scripts

    /// Says `cloud_init`: absent, done, running, or error with `cloud_init_detail`; waits at most so many seconds for its end.
    static func cloudInit(seconds: Int) -> RemoteScript {
        RemoteScript(
            """
            n=0
            while :; do
                if [ -f /run/cloud-init/disabled ] || [ -f /etc/cloud/cloud-init.disabled ]; then s=disabled
                elif [ -f /run/cloud-init/result.json ]; then
                    if tr -d ' \\n' </run/cloud-init/result.json | grep -q '"errors":\\[\\]'; then s=done; else s=error; fi
                elif command -v cloud-init >/dev/null 2>&1; then
                    s=$(cloud-init status 2>/dev/null | sed -n 's/^status: *//p')
                else s=absent
                fi
                case $s in
                    running|'not run'|'not started'|'') [ "$n" -ge \(max(0, seconds)) ] && break; n=$((n + 1)); sleep 1 ;;
                    *) break ;;
                esac
            done
            say cloud_init "${s:-unknown}"
            if [ "$s" = error ]; then say cloud_init_detail "$(cloud-init status --long 2>/dev/null | sed -n '/^errors:/,$p' | head -n 4)"; fi
            """
        )
    }

    /// Puts a public key among those that open the login, once, with the modes that sshd asks for; says `key`: present or added.
    static func installKey(_ publicKey: String) -> RemoteScript {
        let words = publicKey.split(separator: " ")
        let known = words.prefix(2).joined(separator: " ")
        return RemoteScript(
            """
            umask 077
            h=$HOME
            e=$(
                {
                    mkdir -p "$h/.ssh" && chmod 700 "$h/.ssh" || exit 1
                    f=$h/.ssh/authorized_keys
                    if [ -L "$f" ]; then f=$(readlink -f "$f") || exit 1; fi
                    [ -e "$f" ] || : >"$f" || exit 1
                    case $(ls -ld "$h") in ?????w*|????????w*) chmod go-w "$h" || exit 1 ;; esac
                    if grep -q '^'\(quoted(known)) "$f"; then
                        chmod 600 "$f" && say key present
                    else
                        t=$f.slipway.$$
                        { cat "$f" && { [ ! -s "$f" ] || [ -z "$(tail -c 1 "$f")" ] || echo; } && printf '%s\\n' \(quoted(publicKey)); } >"$t" \\
                            && chmod 600 "$t" && mv -f "$t" "$f" || { rm -f "$t"; exit 1; }
                        if command -v restorecon >/dev/null 2>&1; then restorecon -F "$f" >/dev/null 2>&1; fi
                        say key added
                    fi
                } 2>&1
            )
            r=$?
            printf '%s\\n' "$e"
            [ "$r" -eq 0 ] || say key_error "$e"
            """
        )
    }

    /// Says what Docker is there: `docker`, `docker_client`, `docker_server`, `docker_error`, `socket`, `docker_root`, `docker_user`.
    static let docker = RemoteScript(
        """
        say docker_user "$(id -un)"
        s=${DOCKER_HOST:-unix:///var/run/docker.sock}
        case $s in
            unix://*)
                p=${s#unix://}; say socket_path "$p"
                if [ ! -S "$p" ]; then say socket absent; elif [ -r "$p" ] && [ -w "$p" ]; then say socket usable; else say socket denied; fi ;;
            *) say socket remote ;;
        esac
        if command -v docker >/dev/null 2>&1; then
            say docker present
            say docker_client "$(brief docker --version 2>&1 | head -c 1000)"
            v=$(brief docker version --format '{{.Server.Version}}' 2>&1 | head -c 1000)
            case $v in
                [0-9]*) say docker_server "$v"; say docker_root "$(brief docker info --format '{{.DockerRootDir}}' 2>/dev/null)" ;;
                *) say docker_error "${v:-it said nothing}" ;;
            esac
        else
            say docker missing
        fi
        """
    )

    /// Installs Docker from the system's own packages, starts it, and opens it for the login; says `install`: done, or why not.
    static let installDocker = RemoteScript(
        """
        S=
        if [ "$(id -u)" != 0 ]; then
            S='sudo -n'
            if ! $S true 2>/dev/null; then say install no_sudo; exit 0; fi
        fi
        export DEBIAN_FRONTEND=noninteractive
        if ! command -v docker >/dev/null 2>&1; then
            l=$(mktemp) || { say install failed; say install_error "no room in /tmp"; exit 0; }
            if command -v apt-get >/dev/null 2>&1; then
                $S apt-get -q -o DPkg::Lock::Timeout=120 update && $S apt-get -q -y -o DPkg::Lock::Timeout=120 install docker.io
            elif command -v dnf >/dev/null 2>&1; then $S dnf -q -y install docker || $S dnf -q -y install moby-engine
            elif command -v yum >/dev/null 2>&1; then $S yum -q -y install docker
            elif command -v apk >/dev/null 2>&1; then $S apk add docker
            elif command -v zypper >/dev/null 2>&1; then $S zypper -n -q install docker
            elif command -v pacman >/dev/null 2>&1; then $S pacman -S --noconfirm docker
            else say install no_packages; exit 0
            fi >"$l" 2>&1 || { say install failed; say install_error "$(tail -n 3 "$l")"; }
            rm -f "$l"
        fi
        if ! brief $S docker version >/dev/null 2>&1; then
            if command -v systemctl >/dev/null 2>&1; then $S systemctl enable --now docker >/dev/null 2>&1
            elif command -v rc-service >/dev/null 2>&1; then $S rc-update add docker >/dev/null 2>&1; $S rc-service docker start >/dev/null 2>&1
            else $S service docker start >/dev/null 2>&1
            fi
            n=0
            while [ "$n" -lt 20 ] && ! brief $S docker version >/dev/null 2>&1; do n=$((n + 1)); sleep 1; done
        fi
        [ -z "$S" ] || $S usermod -aG docker "$(id -un)" >/dev/null 2>&1
        say install done
        """
    )

    /// Says what the machine is and has: facts, figures, and whether it can reach the target.
    static func health(target: String?) -> RemoteScript {
        RemoteScript(
            """
            say time "$(date +%s.%N)"
            say root_disk "$(df -Pk / 2>/dev/null | tail -n 1)"
            d=$(brief docker info --format '{{.DockerRootDir}}' 2>/dev/null)
            if [ -n "$d" ]; then say docker_disk "$(df -Pk "$d" 2>/dev/null | tail -n 1)"; fi
            say memory "$(sed -n 's/^\\(MemTotal\\|MemAvailable\\|MemFree\\): *\\([0-9]*\\).*/\\1=\\2/p' /proc/meminfo)"
            say cpus "$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null)"
            say load "$(cat /proc/loadavg 2>/dev/null)"
            say cpu "$(head -n 1 /proc/stat 2>/dev/null)"
            say kernel "$(uname -r)"
            say architecture "$(uname -m)"
            say os "$(. /etc/os-release 2>/dev/null && printf '%s' "$PRETTY_NAME")"
            say hostname "$(uname -n)"
            say addresses "$(hostname -I 2>/dev/null)"
            \(network(target))
            say end
            """
        )
    }

    private static func network(_ target: String?) -> String {
        guard let target, let (host, port) = OutputFacts.address(target) else { return "say network skipped" }
        let connects = """
            reach() {
                if command -v bash >/dev/null 2>&1; then brief bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" >/dev/null 2>&1
                elif command -v nc >/dev/null 2>&1; then brief nc -z -w 3 "$1" "$2" >/dev/null 2>&1
                else brief curl -s -o /dev/null --connect-timeout 3 "telnet://$1:$2" >/dev/null 2>&1; [ $? -ne 7 ] && [ $? -ne 28 ]
                fi
            }
            if command -v timeout >/dev/null 2>&1; then brief() { timeout 3 "$@"; }; fi
            """
        let word = quoted(host)
        if let port {
            return connects + "\nif reach \(word) \(port); then say network ok; else say network failed; fi"
        }
        // Some clouds drop pings, and some images have no ping.
        return connects + """

            if brief ping -c 1 -W 2 \(word) >/dev/null 2>&1 || reach \(word) 53 || reach \(word) 443; then say network ok; else say network failed; fi
            """
    }
}
