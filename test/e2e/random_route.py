# SPDX-License-Identifier: Apache-2.0
"""PathRoutes at random, from values on both sides of every limit; a seed repeats them."""

import random

LABELS = ["a", "api", "a-b", "0", "a" * 63]
BAD_LABELS = ["", "A", "-a", "a-", "a.b", "a_b", "\u00e4", "a" * 64]
PORTS = [1, 80, 65535, "http", "p" * 63]
BAD_PORTS = [0, 65536, -1, "", "Http", "p" * 64, 80.5, True, "a b"]
PATHS = ["/", "/api", "/api/", "/A/~b", "/" + "a" * 255, "/a" * 31, "/a" * 31 + "/", "/a/...",
         "/.a", "/a|b", "/*", "/a:b", "/\"<>^`{|}"]
BAD_PATHS = ["", "a", "//", "/a//b", "/.", "/..", "/a/../b", "/a/.", "/%41", "/a;b", "/a b", "/\t",
             "/a?b", "/a#b", "/a\\b", "/\u00e4", "/\x7f", "/" + "a" * 256, "/a" * 32,
             "/\u00e4" * 99]
TARGETS = ["/", "/new", "/%41", "/a;b", "/~", "/" + "a" * 255]
BAD_TARGETS = ["", "x", "/%", "/%4", "/%4g", "/a|b", "/a\"b", "/a//b", "/..", "/a?b",
               "/" + "a" * 256]
HOSTS = ["a", "shop.example.com", "SHOP.example.com", "1.2.3.4", "x" * 63 + ".b",
         ".".join(["a" * 63] * 3 + ["b" * 61])]
BAD_HOSTS = ["", "a..b", ".a", "a.", "-a.b", "a-.b", "a_b", "a:80", "\u00e4.b", "x" * 64 + ".b",
             ".".join(["a" * 63] * 4), "a*.b", "*a.b", "*.*.b", "[::1]"]
WEIGHTS = [0, 1, 1000000]
BAD_WEIGHTS = [-1, 1000001, 1.5, "1"]
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]


class RandomRoute:
    """make() draws a PathRoute; about one value in fifty is a bad one."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def often(self, share):
        return self.random.random() < share

    def pick(self, good, bad):
        return self.random.choice(bad if bad and self.often(0.02) else good)

    def maybe(self, share, document, name, make):
        if self.often(share):
            document[name] = make()

    def service(self):
        found = {}
        self.maybe(0.99, found, "name", lambda: self.pick(LABELS, BAD_LABELS))
        self.maybe(0.99, found, "port", lambda: self.pick(PORTS, BAD_PORTS))
        return found

    def listener(self):
        found = {}
        node = self.often(0.3)
        self.maybe(0.01 if node else 0.99, found, "service", self.service)
        self.maybe(0.99 if node else 0.01, found, "node",
                   lambda: {"port": self.pick([1, 80, 65535], [0, 65536, "http"])})
        return found

    def backend(self):
        found = {"service": self.service()}
        self.maybe(0.5, found, "weight", lambda: self.pick(WEIGHTS, BAD_WEIGHTS))
        return found

    def redirect(self):
        found = {}
        self.maybe(0.3, found, "scheme", lambda: self.pick(["http", "https"], ["ftp", ""]))
        self.maybe(0.7, found, "hostname", lambda: self.pick(HOSTS, BAD_HOSTS + ["*.a"]))
        self.maybe(0.2, found, "port", lambda: self.pick([1, 65535], [0, 65536]))
        self.maybe(0.5, found, "path", lambda: self.pick(TARGETS, BAD_TARGETS))
        self.maybe(0.1, found, "replacePrefix", lambda: self.pick(TARGETS, BAD_TARGETS))
        self.maybe(0.5, found, "statusCode",
                   lambda: self.pick([301, 302, 303, 307, 308], [200, 304, "301"]))
        return found

    def match(self):
        path = {"value": self.pick(PATHS, BAD_PATHS)}
        self.maybe(0.7, path, "type", lambda: self.pick(["Exact", "Prefix"], ["Regex"]))
        found = {"path": path}
        self.maybe(0.2, found, "method", lambda: self.pick(METHODS, ["CONNECT", "get"]))
        return found

    def rule(self, number):
        found = {"match": self.match()}
        self.maybe(0.5, found, "name", lambda: self.pick([f"r{number}"], BAD_LABELS + ["r0"]))
        redirects = self.often(0.4)
        self.maybe(0.01 if redirects else 0.99, found, "backends",
                   lambda: [self.backend() for _ in range(self.pick([1, 2, 16], [0, 17]))])
        self.maybe(0.99 if redirects else 0.01, found, "redirect", self.redirect)
        self.maybe(0.2, found, "loadBalancing", lambda: self.pick(
            [{}, {"algorithm": "ClientIP"}, {"algorithm": "Random"}], [{"algorithm": "Best"}]))
        return found

    def hostname(self, number):
        star = "*." if self.often(0.2) else ""
        good = [f"{star}h{number}.{host}"[:253].rstrip(".-") for host in HOSTS]
        return self.pick(good, BAD_HOSTS + ["*"])

    def make(self):
        spec = {}
        self.maybe(0.99, spec, "listeners",
                   lambda: [self.listener() for _ in range(self.pick([1, 2], [0, 17]))])
        self.maybe(0.5, spec, "hostnames", lambda: [
            self.hostname(number) for number in range(self.pick([0, 1, 3], [65]))])
        self.maybe(0.3, spec, "wildcard", lambda: self.pick(["SingleLabel", "Suffix"], ["Any"]))
        self.maybe(0.3, spec, "ambiguousPaths",
                   lambda: self.pick(["Agree", "Reject", "Raw"], ["agree", ""]))
        self.maybe(0.97, spec, "rules", lambda: [
            self.rule(number) for number in range(self.pick([1, 2, 4], [0, 129]))])
        self.maybe(0.3, spec, "defaultBackend", lambda: {"service": self.service()})
        return {"apiVersion": "pathroute.io/v1alpha1", "kind": "PathRoute",
                "metadata": {"name": "random"}, "spec": spec}
