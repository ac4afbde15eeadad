# SPDX-License-Identifier: Apache-2.0
"""The reverse proxies that the router is compared with: where they come from, how they start.

Each has its configuration in peers/, with the reason for what is set there. All listen on the node
itself, as with a pod's hostNetwork, which spares them a hop, and forward to pods by address.
relayd, of OpenBSD, is not packaged for Linux by Debian and so is not here.
"""

import dataclasses
import functools
import os
import re
import subprocess

import wait
from agent import ROOT
from peers import POD_PORT

CONFIGS = os.path.join(ROOT, "bench", "peers")
APACHE_MODULES = "/usr/lib/apache2/modules"
START_TIMEOUT = 30


@dataclasses.dataclass(frozen=True)
class Proxy:
    name: str
    program: str          # a path, or a name in the folder of deps/proxies
    version: tuple        # arguments that print it
    config: str
    arguments: tuple      # @CONFIG@ stands for the configuration's path
    more: tuple = ()      # configurations beside it
    balances: bool = True  # one rule may have several pods
    closes: bool = False   # ends each connection after a reply that does not announce it


PROXIES = (
    Proxy("nginx", "/usr/sbin/nginx", ("-v",), "nginx.conf",
          ("-e", "@DIRECTORY@/error.log", "-c", "@CONFIG@")),
    Proxy("haproxy", "/usr/sbin/haproxy", ("-v",), "haproxy.cfg",
          ("-db", "-f", "@CONFIG@")),
    Proxy("envoy", "envoy", ("--version",), "envoy.yaml",
          ("-c", "@CONFIG@", "--concurrency", "@WORKERS@", "-l", "error", "--disable-hot-restart")),
    Proxy("apache", "/usr/sbin/apache2", ("-v",), "apache.conf",
          ("-D", "FOREGROUND", "-f", "@CONFIG@")),
    Proxy("lighttpd", "/usr/sbin/lighttpd", ("-v",), "lighttpd.conf",
          ("-D", "-f", "@CONFIG@")),
    Proxy("traefik", "traefik", ("version",), "traefik.yaml",
          ("--configFile=@CONFIG@",), more=("traefik-routes.yaml",)),
    Proxy("caddy", "caddy", ("version",), "Caddyfile",
          ("run", "--adapter", "caddyfile", "--config", "@CONFIG@")),
    Proxy("tinyproxy", "/usr/bin/tinyproxy", ("-v",), "tinyproxy.conf",
          ("-d", "-c", "@CONFIG@"), balances=False, closes=True),
    Proxy("busybox", "/usr/bin/busybox", ("httpd", "--help"), "busybox.conf",
          ("httpd", "-f", "-p", "@PORT@", "-c", "@CONFIG@", "-h", "@DIRECTORY@"), balances=False),
)
BY_NAME = {proxy.name: proxy for proxy in PROXIES}


class Missing(Exception):
    """Why a proxy cannot take part."""


def render(template, values):
    """Replaces each @NAME@; a name without a value is a mistake of ours."""
    return re.sub(r"@([A-Z_]+)@", lambda found: str(values[found[1]]), template)


def pod_values(pods):
    """Placeholders for the addresses of pods: {"api": "10.244.0.11", …}."""
    values = {}
    for name, address in pods.items():
        key = name.upper()
        values[key] = f"{address}:{POD_PORT}"
        values[f"{key}_PARTS"] = f'"host" => "{address}", "port" => {POD_PORT}'
        values[f"{key}_ENDPOINT"] = ("{endpoint: {address: {socket_address: {address: "
                                     f"{address}, port_value: {POD_PORT}" "}}}}")
    return values


@functools.cache
def wheels_folder():
    """Where the programs from PyPI are; installs them the first time. None if they cannot be."""
    done = subprocess.run([os.path.join(ROOT, "deps", "proxies", "install")], text=True,
                          stdout=subprocess.PIPE, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def find_program(proxy):
    """Its path, or Missing."""
    if "/" in proxy.program:
        path = proxy.program
    else:
        path = os.path.join(wheels_folder() or "", proxy.program)
    if not os.access(path, os.X_OK):
        raise Missing(f"{path} is not here, nor could it be installed")
    return path


def version_of(proxy, path):
    done = subprocess.run([path, *proxy.version], text=True, check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    found = re.search(r"\bv?(\d+\.\d+\.\d+)", done.stdout)
    return found[1] if found else "unknown"


def write_configs(proxy, directory, values):
    """Returns the path of the main one."""
    for name in (proxy.config, *proxy.more):
        with open(os.path.join(CONFIGS, name), encoding="ascii") as file:
            text = render(file.read(), values)
        with open(os.path.join(directory, name), "w", encoding="ascii") as file:
            file.write(text)
    return os.path.join(directory, proxy.config)


def _environment(directory):
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": directory,
            "XDG_CONFIG_HOME": directory, "XDG_DATA_HOME": directory}


def start(lab, proxy, path, port, pods, rules=lambda directory: ""):
    """Starts it on the node and waits until it listens; Missing with its own words if it does not.

    rules(directory): lines for @RULES@.
    """
    directory = os.path.join(lab.directory, f"{proxy.name}-{port}")
    os.makedirs(directory)
    workers = os.cpu_count()
    values = {"DIRECTORY": directory, "PORT": port, "WORKERS": workers, "THREADS": 256 * workers,
              "MODULES": APACHE_MODULES, "RULES": rules(directory), **pod_values(pods)}
    values["CONFIG"] = write_configs(proxy, directory, values)
    process = lab.start(lab.node, f"{proxy.name}-{port}", "env", "-i",
                        *[f"{name}={value}" for name, value in _environment(directory).items()],
                        path, *[render(argument, values) for argument in proxy.arguments])
    try:
        wait.until(lambda: not process.is_alive() or wait.accepts(lab.node, "127.0.0.1", port),
                   f"{proxy.name} to listen", START_TIMEOUT)
    except AssertionError as error:
        process.stop()
        raise Missing(str(error)) from error
    if not process.is_alive():
        raise Missing(f"it has ended: {process.log().strip().splitlines()[-1:]}")
    return process
