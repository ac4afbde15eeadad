# SPDX-License-Identifier: Apache-2.0
"""deploy/manifests: it installs as it is, and the agent may do what it needs and no more."""

import os

import pytest

import manifests
from agent import ROOT
from cluster_fixtures import AGENT_NAME, AGENT_NAMESPACE, MANIFESTS, account_token, documents
from kube import ApiError, Kube, path_of

READ = {"get", "list", "watch"}
# {(group, resource, name or ""): verbs}, beside what every account may do.
EVERYWHERE = {
    ("pathroute.io", "pathroutes", ""): READ,
    ("pathroute.io", "pathroutes/status", ""): {"patch"},
    ("", "services", ""): READ,
    ("discovery.k8s.io", "endpointslices", ""): READ,
    ("events.k8s.io", "events", ""): {"create"},
}
AT_HOME = {
    **EVERYWHERE,
    ("coordination.k8s.io", "leases", ""): READ | {"create", "update", "patch", "delete"},
    ("apps", "daemonsets", AGENT_NAME): READ,
}


def rights(kube, namespace):
    """What the API server says that this user may do in the namespace."""
    review = kube.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace}})["status"]
    assert not review["incomplete"]
    found = {}
    for rule in review["resourceRules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for name in rule.get("resourceNames", [""]):
                    found.setdefault((group, resource, name), set()).update(rule["verbs"])
    return found, {(verb, url) for rule in review["nonResourceRules"]
                   for verb in rule["verbs"] for url in rule["nonResourceURLs"]}


@pytest.fixture(scope="module")
def nobody(installed, plane):
    """An account without any binding."""
    installed.kubectl("create", "serviceaccount", "nobody", "--namespace", AGENT_NAMESPACE)
    return Kube(plane, account_token(installed, AGENT_NAMESPACE, "nobody"))


def is_forbidden(kube, method, path, body=None, content_type="application/json"):
    try:
        kube.request(method, path, body, content_type)
    except ApiError as error:
        return error.status == 403
    return False


def test_the_manifests_install_and_installing_again_changes_nothing(installed):
    assert "configured" not in installed.kubectl("apply", "-k", MANIFESTS).stdout
    dry = installed.kubectl("apply", "-k", MANIFESTS, "--dry-run=server").stdout
    assert "daemonset.apps/pathroute-agent unchanged" in dry
    assert "pathroutes.pathroute.io unchanged" in dry


@pytest.mark.parametrize("namespace,expected", [("default", EVERYWHERE),
                                                (AGENT_NAMESPACE, AT_HOME)])
def test_the_agent_may_do_exactly_this(agent_user, nobody, namespace, expected):
    mine, my_urls = rights(agent_user, namespace)
    base, base_urls = rights(nobody, namespace)
    more = {key: verbs - base.get(key, set()) for key, verbs in mine.items()}
    assert {key: verbs for key, verbs in more.items() if verbs} == expected
    assert my_urls == base_urls


@pytest.mark.parametrize("kind", ["PathRoute", "Service", "EndpointSlice"])
def test_the_agent_reads_in_all_namespaces(agent_user, kind):
    assert agent_user.get(kind)["kind"] == f"{kind}List"


def test_the_agent_writes_status_and_nothing_else_of_a_route(agent_user, space):
    space.apply(manifests.path_route("shop", [manifests.rule("all", "/", "frontend")]))
    agent_user.patch("PathRoute", space.name, "shop", {"status": {"rules": 1}}, "status")
    assert space.get("PathRoute", "shop")["status"] == {"rules": 1}
    path = path_of("PathRoute", space.name, "shop")
    merge = "application/merge-patch+json"
    assert is_forbidden(agent_user, "PATCH", path, {"metadata": {"labels": {"a": "b"}}}, merge)
    assert is_forbidden(agent_user, "DELETE", path)
    # What else a patch of the status carries is left out.
    agent_user.patch("PathRoute", space.name, "shop",
                     {"spec": {"wildcard": "Suffix"}, "status": {"rules": 2}}, "status")
    assert space.get("PathRoute", "shop")["spec"]["wildcard"] == "SingleLabel"


def test_the_agent_writes_events_and_cannot_read_them(agent_user, space):
    event = {"apiVersion": "events.k8s.io/v1", "kind": "Event",
             "metadata": {"name": "shop.1", "namespace": space.name},
             "eventTime": "2026-01-31T12:00:00.000000Z", "type": "Normal", "reason": "Programmed",
             "reportingController": "pathroute.io/agent", "reportingInstance": "node",
             "action": "Program", "note": "3/3 nodes",
             "regarding": {"apiVersion": "pathroute.io/v1alpha1", "kind": "PathRoute",
                           "name": "shop", "namespace": space.name}}
    agent_user.create(event)
    assert is_forbidden(agent_user, "GET", path_of("Event", space.name))


def test_the_agent_holds_leases_in_its_own_namespace_only(agent_user, space):
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
             "metadata": {"name": "test-rbac", "namespace": AGENT_NAMESPACE},
             "spec": {"holderIdentity": "node", "leaseDurationSeconds": 15}}
    stored = agent_user.create(lease)
    stored["spec"]["holderIdentity"] = "other"
    agent_user.request("PUT", path_of("Lease", AGENT_NAMESPACE, "test-rbac"), stored)
    assert agent_user.get("Lease", AGENT_NAMESPACE)["items"]
    lease["metadata"]["namespace"] = space.name
    assert is_forbidden(agent_user, "POST", path_of("Lease", space.name), lease)
    assert is_forbidden(agent_user, "GET", path_of("Lease", "kube-system"))


def test_the_agent_reads_its_own_daemonset_only(agent_user):
    base = f"/apis/apps/v1/namespaces/{AGENT_NAMESPACE}/daemonsets"
    assert agent_user.request("GET", f"{base}/{AGENT_NAME}")["kind"] == "DaemonSet"
    assert is_forbidden(agent_user, "GET", f"{base}/other")
    assert is_forbidden(agent_user, "GET", base)


@pytest.mark.parametrize("path", [
    "/api/v1/secrets", "/api/v1/pods", "/api/v1/nodes", "/api/v1/configmaps", "/api/v1/namespaces",
    f"/api/v1/namespaces/{AGENT_NAMESPACE}/secrets", f"/api/v1/namespaces/{AGENT_NAMESPACE}/pods",
    f"/api/v1/namespaces/{AGENT_NAMESPACE}/serviceaccounts", "/apis/apps/v1/daemonsets",
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "/apis/coordination.k8s.io/v1/leases", "/metrics"])
def test_the_agent_cannot_read(agent_user, path):
    assert is_forbidden(agent_user, "GET", path)


def test_who_edits_a_namespace_edits_its_routes(installed, space, plane):
    """kubectl's own roles view and edit are put together by a controller that does not run here."""
    found = documents(os.path.join(ROOT, "deploy/manifests/rbac.yaml"))
    roles = {role["metadata"]["name"]: role for role in found if role["kind"] == "ClusterRole"}
    for role, label in (("pathroute-view", "view"), ("pathroute-edit", "edit")):
        assert roles[role]["metadata"]["labels"][
            f"rbac.authorization.k8s.io/aggregate-to-{label}"] == "true"
    space.kubectl("create", "serviceaccount", "editor")
    for role in ("pathroute-view", "pathroute-edit"):
        space.kubectl("create", "rolebinding", role, f"--clusterrole={role}",
                      f"--serviceaccount={space.name}:editor")
    editor = Kube(plane, account_token(installed, space.name, "editor"))
    route = manifests.path_route("shop", [manifests.rule("all", "/", "frontend")])
    route["metadata"]["namespace"] = space.name
    editor.create(route)
    assert [item["metadata"]["name"] for item in editor.list("PathRoute", space.name)] == ["shop"]
    editor.delete("PathRoute", space.name, "shop")
    assert is_forbidden(editor, "GET", path_of("PathRoute", "default"))
