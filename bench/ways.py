# SPDX-License-Identifier: Apache-2.0
"""What the ways to a pod are called, in the order in which they take turns."""

TITLES = {
    "direct": "direct routing",
    "bare": "bare redirect",
    "ours": "PathRoute",
    "nginx": "NGINX",
    "haproxy": "HAProxy",
    "envoy": "Envoy",
    "apache": "Apache httpd",
    "lighttpd": "lighttpd",
    "traefik": "Traefik",
    "caddy": "Caddy",
    "tinyproxy": "tinyproxy",
    "busybox": "BusyBox httpd",
}
NOT_PROXIES = ("direct", "bare", "ours")
