# SPDX-License-Identifier: Apache-2.0
"""The agent started as kubelet would start the DaemonSet's pod: from its own manifest, with the
service account's files, a read-only root, and no capability that is not named there.
"""

import os
import re
import shlex

from agent import BUILD
from kube import write_whole
from processes import Process

ACCOUNT = "/run/secrets/kubernetes.io/serviceaccount"


class SandboxedAgent:
    """pod: the DaemonSet's pod template, as the API server has it; fields: what fieldRef gives."""

    def __init__(self, lab, daemonset, token, fields):
        self.lab = lab
        self.container = daemonset["spec"]["template"]["spec"]["containers"][0]
        self.environment = {entry["name"]: fields[entry["valueFrom"]["fieldRef"]["fieldPath"]]
                            for entry in self.container["env"]}
        self.environment.update(KUBERNETES_SERVICE_HOST="127.0.0.1",
                                KUBERNETES_SERVICE_PORT=str(lab.way.port))
        self.account = os.path.join(lab.directory, "account")
        os.mkdir(self.account)
        with open(lab.space.kube.plane.authority.path("ca.crt"), encoding="ascii") as file:
            self._write("ca.crt", file.read())
        self._write("token", token)
        self._write("namespace", fields["metadata.namespace"])

    def _write(self, name, text):
        write_whole(os.path.join(self.account, name), text)

    def arguments(self):
        """With $(NAME) replaced, as kubelet does."""
        return [re.sub(r"\$\((\w+)\)", lambda found: self.environment[found[1]], argument)
                for argument in self.container["args"]]

    def _privileges(self):
        context = self.container["securityContext"]
        assert context["capabilities"]["drop"] == ["ALL"] and not context["privileged"]
        names = ",".join(f"+{name.lower()}" for name in context["capabilities"]["add"])
        command = ["setpriv", f"--bounding-set=-all,{names}", "--inh-caps=-all"]
        if not context["allowPrivilegeEscalation"]:
            command.append("--no-new-privs")
        return command

    def _mounts(self):
        assert [mount["mountPath"] for mount in self.container["volumeMounts"]] == ["/sys/fs/bpf"]
        lines = ["set -e",
                 f"mount --bind {self.lab.bpffs} /sys/fs/bpf",
                 "mount -t tmpfs tmpfs /run",
                 f"mkdir -p {ACCOUNT}",
                 f"mount --bind {self.account} {ACCOUNT}"]
        if self.container["securityContext"]["readOnlyRootFilesystem"]:
            lines += ["mount -o remount,bind,ro /run", "mount -o remount,bind,ro /"]
        return lines

    def start(self):
        program = [*self._privileges(), os.path.join(BUILD, "pathroute-agent"), *self.arguments()]
        script = "\n".join([*self._mounts(), f"exec {shlex.join(program)}"])
        self.lab.agent.process = Process(
            self.lab.node, self.lab.directory, "agent",
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **self.environment})

    def probe(self, kind):
        """HTTP status of livenessProbe or readinessProbe; 0 while nobody listens."""
        get = self.container[kind]["httpGet"]
        assert (get["host"], get["port"]) == ("127.0.0.1", 9180)
        return self.lab.agent.get(get["path"])[0]
