"""Hostile runs beside honest ones, on a throwaway server: exchange, link, fill, fork, forge, stop and kill at random moments.

Usage: attacks.py --slipway PROGRAM [--hostile 200] [--honest 20] [--seed N] [--workers 4] [--user UID] [--sandbox required] [--memory MB]

The server takes its database from SLIPWAY_DATABASE_URL when that is set. Needs Python 3.9 and nothing else; prints one line for each thing that is
wrong, and ends with 1 then. `--user` starts the server as that user, which only root can.
"""

import argparse
import base64
import json
import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

EVENT = '{"@message":"x","type":"%s","hook":{"resource":{"addr":"forged.x"},"action":"create","id_value":"i","elapsed_seconds":1e300}}'
NEEDS_INIT = '{"@message":"x","type":"diagnostic","diagnostic":{"severity":"error","summary":"Module not installed"}}'
STATE = '{"version":4,"terraform_version":"1.11.4","serial":%d,"lineage":"a","outputs":{},"resources":[]}'


def attacks(chance, data, victims):
    """One attack of each kind, as lines of bash; `chance` varies what can vary."""
    place = chance.choice(["/workspace/state/terraform.tfstate", "/workspace/plan", "/workspace/source/.terraform", "/workspace/source/main.tf",
                           "/workspace/source/.terraform.lock.hcl", "/workspace/terraformrc", "/workspace/state", "/workspace/tmp"])
    aim = chance.choice([data + "/keyring", data, "/etc/shadow", "/proc/1/root", "/proc/self/environ", "/", "/dev/zero", "/workspace/source"])
    size = chance.randrange(1, 40)
    kinds = {
        "link": f"rm -rf {place}; ln -s {aim} {place}",
        "hard link": f"rm -rf {place}; ln /workspace/source/main.tf {place}",
        "pipe": f"rm -rf {place}; mkfifo {place}",
        "folder": f"rm -rf {place}; mkdir -p {place}/a/b",
        "others' states": "cd /workspace/state; for p in $(seq 2 4000); do ln -sfn /proc/$p/root/workspace/state/terraform.tfstate n; "
                          "mv -fT n terraform.tfstate; done",
        "forge": "for f in /proc/[0-9]*/fd/[0-9]*; do echo '" + EVENT % chance.choice(["apply_start", "apply_complete", "apply_progress"])
                 + "' >> $f; echo '" + NEEDS_INIT + "' >> $f; done",
        "state": "echo '" + STATE % chance.choice([0, 2**63 - 1, 10**30]) + "' > /workspace/state/terraform.tfstate",
        "half a state": "head -c 20 /workspace/state/terraform.tfstate > /workspace/tmp/s; cp /workspace/tmp/s /workspace/state/terraform.tfstate",
        "deep": "cd /workspace/tmp; for i in $(seq 400); do mkdir -p a/a/a/a/a && cd a/a/a/a/a; done",
        "many": "cd /workspace/tmp; for i in $(seq 3000); do : > f$i; done",
        "modes": "cd /workspace; chmod -R 0 source tmp state",
        "fill": f"for i in $(seq 20); do head -c {size}000000 /dev/zero > {chance.choice(['/workspace/tmp', '/workspace/state', '/tmp', '/dev/shm'])}/z$i; done",
        "fork": "for i in $(seq 800); do sleep 20 & done",
        "daemon": "setsid bash -c 'while :; do sleep 1; done' >/dev/null 2>&1 &",
        "memory": f"/usr/bin/python3 -c 'b = bytearray(b\"x\" * ({size} << 22)); import time; time.sleep(1)'",
        "chatter": f"yes $(printf 'x%.0s' $(seq {size})) | head -c {size}0000",
        "long line": f"head -c {size}000000 /dev/zero | tr '\\0' x; echo",
        "escapes": "printf '\\033]0;owned\\007\\033[2J\\202\\r\\n'",
        "kill": chance.choice(["kill -9 -1", "kill -9 1", "kill -9 $PPID", "kill -STOP $PPID; sleep 2; kill -CONT $PPID", "kill -TERM 1"]),
        "leave": "unshare -Urm true; unshare -Urn true; mount -t tmpfs x /mnt; mount -o remount,rw /usr; mount -o remount,rw /",
        "kernel": "echo '|/workspace/x' > /proc/sys/kernel/core_pattern; echo 1 > /proc/sys/vm/drop_caches; echo b > /proc/sysrq-trigger",
        "look": f"cat {data}/keyring {data}/slipway.sqlite /proc/*/environ /proc/*/mem; ls -a /slipway/providers /slipway/incoming",
        "victims": f"grep -ra '{victims}' /proc/*/environ /proc/*/root /workspace /tmp 2>/dev/null",
        "fail": "exit 1",
    }
    name = chance.choice(sorted(kinds))
    return name, kinds[name]


class Server:
    def __init__(self, options, folder):
        self.data, self.url, self.token = folder + "/data", None, None
        home = folder + "/home"
        os.chmod(folder, 0o755)
        for path in (self.data, home):
            os.mkdir(path)
            if options.user:
                os.chown(path, options.user, options.user)
        self.log = open(folder + "/server.log", "w+", errors="replace")
        environment = {name: os.environ[name] for name in ("SLIPWAY_DATABASE_URL", "SLIPWAY_TERRAFORM") if name in os.environ}
        environment.update(PATH=os.environ["PATH"], HOME=home, LANG="C.UTF-8", SLIPWAY_DATA=self.data, SLIPWAY_SANDBOX=options.sandbox,
                           SLIPWAY_RUN_DISK="256", SLIPWAY_RUN_MEMORY="512", SLIPWAY_RUN_PROCESSES="400", SLIPWAY_RUN_LOG="32")
        program = options.slipway
        if options.user:
            # Where that user may look.
            program = shutil.copy(options.slipway, folder + "/slipway")
            os.chmod(program, 0o755)
        become = ["setpriv", f"--reuid={options.user}", f"--regid={options.user}", "--clear-groups", "--"] if options.user else []
        if options.user and os.path.exists("/dev/net/tun"):
            # Where udev doesn't run, the device of filtered networks is root's alone: that user gets one as udev makes it.
            os.mknod(folder + "/tun", 0o666 | stat.S_IFCHR, os.makedev(10, 200))
            os.chmod(folder + "/tun", 0o666)
            become = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /dev/net/tun && exec "$@"', folder + "/tun"] + become
        self.process = subprocess.Popen(
            become + [program, "serve", "--listen", "127.0.0.1:0", "--workers", str(options.workers)],
            env=environment, stdout=self.log, stderr=subprocess.STDOUT, cwd="/")
        end = time.time() + 60
        while time.time() < end and self.process.poll() is None and not (self.url and self.token):
            time.sleep(0.1)
            text = self.text()
            self.url = (re.search(r"listening on (http://\S+)", text) or [None, None])[1]
            self.token = (re.search(r"slp_[A-Za-z0-9]{40}", text) or [None])[0]
        if not (self.url and self.token):
            raise SystemExit("the server didn't start: " + self.text()[-2000:])

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def call(self, method, path, body=None, token=None, limit=60):
        """The status, and the body as text."""
        request = urllib.request.Request(self.url + path, method=method, data=json.dumps(body).encode() if body is not None else None)
        request.add_header("Authorization", "Bearer " + (token or self.token))
        if body is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=limit) as answer:
                return answer.status, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")
        except OSError as error:
            return 0, str(error)

    def resident(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) >> 10
        return 0


def configuration(script, secret):
    encoded = base64.b64encode(script.encode()).decode()
    return (f'resource "terraform_data" "ok" {{\n  input = "{secret}"\n}}\n'
            f'resource "terraform_data" "x" {{\n  depends_on = [terraform_data.ok]\n  provisioner "local-exec" {{\n'
            f'    command = "echo {encoded} | base64 -d | bash"\n  }}\n}}\n')


def left_behind(marks):
    """Processes whose command line or environment names one of the marks."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = open(f"/proc/{pid}/cmdline", "rb").read()
        except OSError:
            continue
        if int(pid) != os.getpid() and any(mark.encode() in words for mark in marks):
            found.append(f"{pid} {words[:120]!r}")
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--slipway", required=True)
    for name, value in (("hostile", 200), ("honest", 20), ("workers", 4), ("user", 0), ("memory", 400)):
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    parser.add_argument("--sandbox", default="required")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    print(f"seed {options.seed}", flush=True)
    folder = tempfile.mkdtemp(prefix="slipway-attacks-")
    wrong = []
    server = Server(options, folder)
    pid = server.process.pid
    try:
        tokens = {}
        for name in ("hostile", "honest"):
            server.call("POST", "/api/organizations", {"name": name})
            made = json.loads(server.call("POST", "/api/tokens", {"name": name, "organization": name, "role": "member"})[1])
            tokens[name] = made["token"]
        mark = "SECRET-OF-THE-HONEST"
        order = ["hostile"] * options.hostile + ["honest"] * options.honest
        chance.shuffle(order)
        jobs, peak = [], 0
        for number, who in enumerate(order):
            project = f"{who}-{number}"
            if who == "honest":
                script, secret = "sleep 1", f"{mark}-{number}"
            else:
                chosen = [attacks(chance, server.data, mark) for _ in range(chance.randrange(1, 4))]
                script = "".join(f"sleep 0.{chance.randrange(10)}\n({lines}) 2>/dev/null\n" for _, lines in chosen)
                secret = " + ".join(name for name, _ in chosen)
            body = {"projectId": project, "iacCode": configuration(script, secret), "timeoutSeconds": 60}
            status, text = server.call("POST", "/api/deploy", body, tokens[who])
            if status != 202:
                wrong.append(f"{project}: {status} {text[:300]}")
                continue
            jobs.append((who, project, json.loads(text)["jobId"], secret))
            # Some are cancelled at a moment of their own.
            if who == "hostile" and chance.random() < 0.1:
                time.sleep(chance.random())
                server.call("POST", f"/api/jobs/{jobs[-1][2]}/cancel", {"force": chance.random() < 0.5}, tokens[who])
        end = time.time() + 60 + 12 * len(jobs)
        waiting = list(jobs)
        while waiting and time.time() < end and server.process.poll() is None:
            time.sleep(0.5)
            peak = max(peak, server.resident())
            status, _ = server.call("GET", "/healthz", limit=10)
            if status != 200:
                wrong.append(f"/healthz answered {status}")
            waiting = [job for job in waiting if not re.search(
                r'"status":"(completed|failed|cancelled)"', server.call("GET", f"/api/jobs/{job[2]}", token=tokens[job[0]])[1])]
        if server.process.poll() is not None:
            wrong.append("the server ended: " + server.text()[-1500:])
        wrong += [f"{job[1]} ({job[3]}) didn't end" for job in waiting]
        logs = ""
        for who, project, job, secret in jobs:
            status, text = server.call("GET", f"/api/jobs/{job}", token=tokens[who])
            state = server.call("GET", f"/api/deployments/{project}/state", token=tokens[who])[1]
            if who == "honest":
                if '"status":"completed"' not in text:
                    wrong.append(f"{project} isn't completed: {text[:600]}")
                if secret not in state:
                    wrong.append(f"{project} hasn't its own state: {state[:300]}")
            else:
                log = server.call("GET", f"/api/jobs/{job}/log", token=tokens[who])[1]
                logs += log[:4000] + "\n"
                events = server.call("GET", f"/api/jobs/{job}/events", token=tokens[who])[1]
                for what, seen in (("log", log), ("state", state), ("job", text), ("events", events)):
                    if mark in seen:
                        wrong.append(f"{project} ({secret}) has what belongs to others in its {what}")
                if '"address":"forged.x"' in events:
                    wrong.append(f"{project} ({secret}) has forged an event")
        if peak > options.memory:
            wrong.append(f"the server took {peak} MB")
        print(f"{options.hostile} hostile and {options.honest} honest runs; the server took {peak} MB at most", flush=True)
        # Every job's log says where it worked.
        places = re.findall(r"runs work (?:in memory|on disk) \(([^)]+)\)", logs)
        if not places:
            wrong.append("no log says where runs work")
        roots = sorted(set(places))
    finally:
        if server.process.poll() is None:
            server.process.send_signal(signal.SIGTERM)
            try:
                server.process.wait(120)
            except subprocess.TimeoutExpired:
                server.process.kill()
                server.process.wait()
                wrong.append("the server didn't stop when it was told to")
    time.sleep(1)
    marks = roots + [server.data]
    wrong += [f"left behind: {process}" for process in left_behind(marks)]
    for root in roots:
        names = [name for name in (os.listdir(root) if os.path.isdir(root) else []) if name != ".programs"]
        wrong += [f"left behind: {root}/{name}" for name in names]
        shutil.rmtree(root, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    for line in wrong:
        print("WRONG:", line)
    print("nothing is wrong" if not wrong else f"{len(wrong)} things are wrong: seed {options.seed}, pid {pid}")
    sys.exit(1 if wrong else 0)


main()
