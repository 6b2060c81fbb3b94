/// The shell text that is a machine's first process.
///
/// It starts in the machine's folder, waits for its network where it gets one, hides what is the host's own behind the machine's, starts
/// Docker and then sshd, so that a machine that answers is ready.
enum MachineScript {
    /// Arguments: the machine's name; `own` or `loopback`; `none`, `shared` or `each`; where sshd is; root's home.
    static let root = """
        set -eu
        name=$1 network=$2 docker=$3 sshd=$4 home=$5
        printf '%s\\n' "$name" > /proc/sys/kernel/hostname
        if [ "$network" = own ]; then
            echo waiting
            until [ -s network ]; do sleep 0.01; done
            read -r address gateway < network
            ip link set lo up
            ip address add "$address/30" dev eth0
            ip link set eth0 up
            ip route add default via "$gateway"
        fi
        # The folder is still this one, wherever it lies, once others are laid over it.
        mount -t tmpfs -o mode=755 tmpfs /run
        mkdir /run/sshd /run/machine
        mount --bind . /run/machine
        if [ "$docker" = shared ]; then
            : > /run/docker.sock
            mount --bind ../../docker/docker.sock /run/docker.sock
        fi
        mount --bind home "$home"
        cd /run/machine
        if [ "$docker" = each ]; then
            dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs --data-root /run/machine/docker \\
                > docker.log 2>&1 &
            daemon=$!
            count=0
            until docker version > /dev/null 2>&1; do
                count=$((count + 1))
                if [ "$count" -gt 600 ] || ! kill -0 "$daemon" 2> /dev/null; then
                    echo "dockerd does not start: $(tail -n 1 docker.log)"
                    exit 1
                fi
                sleep 0.1
            done
        fi
        "$sshd" -D -e -f /run/machine/sshd_config &
        wait $!
        """

    /// The daemon that all machines share; starts in its folder.
    static let docker = """
        set -eu
        mount -t tmpfs -o mode=755 tmpfs /run
        mkdir /run/machine
        mount --bind . /run/machine
        cd /run/machine
        rm -f docker.sock
        dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs --data-root /run/machine/data \\
            -H unix:///run/machine/docker.sock > docker.log 2>&1 &
        daemon=$!
        until docker -H unix:///run/machine/docker.sock version > /dev/null 2>&1; do
            if ! kill -0 "$daemon" 2> /dev/null; then
                echo "dockerd does not start: $(tail -n 1 docker.log)"
                exit 1
            fi
            sleep 0.1
        done
        echo ready
        wait "$daemon"
        """

    /// Lines of sshd_config(5).
    static func configuration(port: Int?, user: String) -> String {
        var lines = [
            "HostKey /run/machine/host_key", "PidFile none", "UsePAM no", "PasswordAuthentication no", "KbdInteractiveAuthentication no",
            "PermitRootLogin prohibit-password", "AllowUsers \(user)", "Subsystem sftp internal-sftp", "UseDNS no", "PrintMotd no",
            "PrintLastLog no", "MaxStartups 100",
        ]
        if let port { lines += ["Port \(port)", "ListenAddress 127.0.0.1"] }
        return lines.joined(separator: "\n") + "\n"
    }
}
