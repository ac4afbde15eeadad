# SPDX-License-Identifier: Apache-2.0
"""Processes of a lab: started in a namespace, logged to a file, ended by their own id."""

import os
import signal
import subprocess


class Process:
    """A running program whose output goes to <directory>/<name>.log."""

    def __init__(self, namespace, directory, name, argv, env=None):
        self.name = name
        self.log_path = os.path.join(directory, f"{name}.log")
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen(namespace.command(*argv), stdout=log, stderr=log,
                                          stdin=subprocess.DEVNULL, env=env,
                                          start_new_session=True)

    @property
    def pid(self):
        return self.popen.pid

    def is_alive(self):
        return self.popen.poll() is None

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def processor_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def send(self, number):
        if self.is_alive():
            os.kill(self.pid, number)

    def stop(self, number=signal.SIGTERM, timeout=10):
        """Returns the exit status; kills what does not end in time."""
        self.send(number)
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            return self.popen.wait()
