# SPDX-License-Identifier: Apache-2.0
"""The Helm chart at a real API server: installed, upgraded, uninstalled, and what it refuses."""

import itertools
import os
import shutil
import subprocess

import pytest
import yaml

import manifests
from agent import BUILD, ROOT
from cluster_fixtures import account_token, documents, plane_fixtures, wait_served
from kube import PATHROUTES, ApiError, Kube

CHART = os.path.join(ROOT, "deploy/helm/pathroute")
CASES = os.path.join(ROOT, "test/chart")
CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/pathroutes.pathroute.io"
# As the Prometheus operator has it, without its fields.
POD_MONITOR = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "podmonitors.monitoring.coreos.com"},
    "spec": {"group": "monitoring.coreos.com", "scope": "Namespaced",
             "names": {"kind": "PodMonitor", "plural": "podmonitors", "singular": "podmonitor"},
             "versions": [{"name": "v1", "served": True, "storage": True, "schema": {
                 "openAPIV3Schema": {"type": "object",
                                     "x-kubernetes-preserve-unknown-fields": True}}}]}}
plane, admin, installed = plane_fixtures("module")
_serial = itertools.count(1)


@pytest.fixture(scope="session")
def helm_program():
    done = subprocess.run([os.path.join(ROOT, "deps/helm/build")], stdout=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode:
        pytest.skip("helm is not here and cannot be built")
    return done.stdout.strip()


class Helm:
    """helm as the cluster's administrator, in a namespace that is empty at first."""

    def __init__(self, program, kube, directory):
        self.program = program
        self.kube = kube
        self.namespace = f"release-{next(_serial)}"
        self.environment = {
            "KUBECONFIG": kube.kubeconfig(str(directory / "kubeconfig")), "HOME": str(directory),
            "PATH": os.environ["PATH"]}

    def run(self, *arguments, check=True):
        done = subprocess.run(
            [self.program, "--namespace", self.namespace, *arguments], env=self.environment,
            text=True, capture_output=True, timeout=120, check=False)
        assert not check or done.returncode == 0, f"helm {' '.join(arguments)}: {done.stderr}"
        return done

    def install(self, *arguments, chart=CHART, **options):
        return self.run("upgrade", "--install", "pathroute", chart, "--create-namespace",
                        *arguments, **options)

    def template(self, *arguments):
        return self.run("template", "pathroute", CHART, *arguments).stdout

    def refusal(self, *arguments):
        done = self.run("template", "pathroute", CHART, *arguments, check=False)
        assert done.returncode != 0, done.stdout
        return done.stderr


@pytest.fixture
def helm(helm_program, plane, tmp_path):
    """All that it installs is gone after the test, the CRD too."""
    helm = Helm(helm_program, plane.admin(), tmp_path)
    yield helm
    helm.run("uninstall", "pathroute", "--ignore-not-found")
    try:
        helm.kube.request("DELETE", f"/api/v1/namespaces/{helm.namespace}")
    except ApiError as error:
        assert error.status == 404


@pytest.fixture
def without_crd(plane):
    """No CRD, as before the first installation; afterwards it is as the other tests want it."""
    admin = plane.admin()
    admin.kubectl("delete", "crd", "pathroutes.pathroute.io", "--ignore-not-found", "--wait")
    yield
    admin.kubectl("delete", "crd", "pathroutes.pathroute.io", "--ignore-not-found", "--wait")
    admin.kubectl("apply", "-f", os.path.join(ROOT, "crd/pathroutes.yaml"))
    wait_served(admin, PATHROUTES + "/pathroutes")


@pytest.fixture
def pod_monitors(plane):
    admin = plane.admin()
    admin.apply(POD_MONITOR)
    wait_served(admin, "/apis/monitoring.coreos.com/v1/podmonitors")
    yield
    admin.kubectl("delete", "crd", "podmonitors.monitoring.coreos.com")


def exists(kube, path):
    try:
        return kube.request("GET", path)
    except ApiError as error:
        assert error.status == 404
        return None


def daemonset_path(helm, name="pathroute-agent"):
    return f"/apis/apps/v1/namespaces/{helm.namespace}/daemonsets/{name}"


# ---- What the API server says ----

@pytest.mark.parametrize("case", sorted(
    name.removesuffix(".values.yaml") for name in os.listdir(CASES) if ".values." in name))
def test_the_api_server_takes_what_is_rendered(helm, pod_monitors, case):
    for name in (helm.namespace, "monitoring", "shop"):
        helm.kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    rendered = helm.template("--values", os.path.join(CASES, f"{case}.values.yaml"))
    told = helm.kube.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-",
                             stdin=rendered)
    count = sum(1 for document in yaml.safe_load_all(rendered) if document)
    assert count >= 7 and len(told.stdout.splitlines()) == count
    assert "Warning" not in told.stderr


def test_the_manifests_are_as_the_api_server_likes_them(plane):
    told = plane.admin().kubectl("apply", "--dry-run=server", "--validate=strict", "-f",
                                 os.path.join(ROOT, "crd/pathroutes.yaml"))
    assert told.returncode == 0 and not told.stderr


# ---- Install, upgrade, uninstall ----

def test_install_makes_all_and_says_what_to_do_next(helm, without_crd):
    notes = helm.install().stdout
    assert helm.kube.request("GET", daemonset_path(helm))
    assert helm.kube.request("GET", CRD)["spec"]["group"] == "pathroute.io"
    assert f"kubectl -n {helm.namespace} rollout status daemonset/pathroute-agent" in notes
    assert "--device 'veth*'" in notes
    wait_served(helm.kube, PATHROUTES + "/pathroutes")


def test_an_upgrade_changes_the_crd(helm, without_crd, tmp_path):
    """Helm itself would leave it as it was installed first."""
    old = shutil.copytree(CHART, tmp_path / "old")
    path = old / "files/pathroutes.yaml"
    text = path.read_text(encoding="utf-8")
    assert "shortNames: [proute]" in text
    path.write_text(text.replace("shortNames: [proute]", "shortNames: [before]"), encoding="utf-8")
    helm.install(chart=str(old))
    assert helm.kube.request("GET", CRD)["spec"]["names"]["shortNames"] == ["before"]
    helm.install()
    assert helm.kube.request("GET", CRD)["spec"]["names"]["shortNames"] == ["proute"]


def test_uninstall_keeps_the_crd_and_the_routes(helm, without_crd):
    helm.install()
    wait_served(helm.kube, PATHROUTES + "/pathroutes")
    route = manifests.path_route("shop", [manifests.rule("all", "/", "frontend")])
    route["metadata"]["namespace"] = "default"
    helm.kube.create(route)
    helm.run("uninstall", "pathroute")
    assert not exists(helm.kube, daemonset_path(helm))
    assert [item["metadata"]["name"] for item in helm.kube.list("PathRoute", "default")] == ["shop"]
    helm.install()
    helm.kube.delete("PathRoute", "default", "shop")


def test_uninstall_deletes_the_crd_if_it_is_not_to_be_kept(helm, without_crd):
    helm.install("--set", "crd.keep=false")
    helm.run("uninstall", "pathroute", "--wait")
    assert not exists(helm.kube, CRD)


def test_a_crd_of_somebody_else_stays_untouched(helm, admin):
    before = admin.request("GET", CRD)["metadata"]["resourceVersion"]
    assert "cannot be imported" in helm.install(check=False).stderr
    helm.install("--set", "crd.install=false")
    helm.run("uninstall", "pathroute")
    assert admin.request("GET", CRD)["metadata"]["resourceVersion"] == before


def test_a_second_install_changes_nothing(helm, admin):
    """Else every upgrade would restart all agents."""
    helm.install("--set", "crd.install=false")
    before = helm.kube.request("GET", daemonset_path(helm))["metadata"]["generation"]
    helm.install("--set", "crd.install=false")
    assert helm.kube.request("GET", daemonset_path(helm))["metadata"]["generation"] == before == 1


def test_agents_of_one_namespace_read_no_other(helm, admin, plane):
    helm.kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    helm.install("--set", "crd.install=false,watchNamespace=shop")
    agent = Kube(plane, account_token(helm.kube, helm.namespace, "pathroute-agent"))
    assert agent.list("PathRoute", "shop") == []
    for namespace in ("default", None):
        with pytest.raises(ApiError) as refused:
            agent.list("PathRoute", namespace)
        assert refused.value.status == 403


# ---- What the agent says ----

@pytest.mark.parametrize("case", ["default", "everything", "one-namespace"])
def test_the_agent_takes_the_arguments(case):
    """`check` takes them, too, and does nothing."""
    rendered = documents(os.path.join(CASES, f"{case}.rendered.yaml"))
    daemonset = next(document for document in rendered if document["kind"] == "DaemonSet")
    container = daemonset["spec"]["template"]["spec"]["containers"][0]
    values = {"NODE_NAME": "node-1", "POD_NAMESPACE": "pathroute-system", "HOST_IP": "192.0.2.1"}
    arguments = []
    for argument in container["args"]:
        for name, value in values.items():
            argument = argument.replace(f"$({name})", value)
        arguments.append(argument)
    done = subprocess.run([os.path.join(BUILD, "pathroute-agent"), "check", *arguments, "--output",
                           "json"], text=True, capture_output=True, check=False)
    assert done.returncode != 2 and done.stdout.startswith("["), done.stderr
    broken = subprocess.run([os.path.join(BUILD, "pathroute-agent"), "check", *arguments,
                             "--unknown=1"], text=True, capture_output=True, check=False)
    assert broken.returncode == 2


# ---- What the chart refuses ----

@pytest.mark.parametrize("setting,told", [
    ("devices={}", "devices"),
    ("device=eth0", "device"),
    ("agent.logLevel=loud", "logLevel"),
    ("agent.mss=100", "mss"),
    ("agent.tables.flows=1", "flows"),
    ("agent.table.flows=1000", "table"),
    ("http.port=0", "port"),
    ("http.address=localhost", "address"),
    ("image.digest=sha256:12", "digest"),
    ("capabilities={SYS_PTRACE}", "capabilities"),
    ("class=Edge", "class"),
    ("podMonitor.interval=fast", "interval"),
    ("watchNamespace=a_b", "watchNamespace"),
    ("tls.enabled=true", "secretName"),
    ("tls.connect=10.96.0.10", "connect"),
    ("tls.minVersion=TLSv1.1", "minVersion"),
])
def test_a_wrong_value_is_named(helm, setting, told):
    refusal = helm.refusal("--set", setting)
    assert "values don't meet the specifications of the schema" in refusal
    assert told in refusal


def test_a_client_s_address_is_kept_in_one_family_only(helm):
    assert "one address family" in helm.refusal(
        "--set", "tls.enabled=true,tls.secretName=shop,tls.connect=10.96.0.10:80,"
        "tls.keepClientAddress=true,tls.ipFamilies={IPv4,IPv6}")


def test_only_stunnels_pods_get_the_secret(helm):
    rendered = list(yaml.safe_load_all(helm.template("--values", f"{CASES}/tls.values.yaml")))
    assert [document["kind"] for document in rendered if "secretName" in str(document)] == [
        "Deployment"]
    assert not any("secrets" in rule["resources"] for document in rendered
                   for rule in document.get("rules", []))


def test_a_pod_monitor_that_would_reach_nothing_is_refused(helm):
    refusal = helm.refusal("--set", "podMonitor.enabled=true")
    assert "set it to $(HOST_IP)" in refusal
    assert "kind: PodMonitor" in helm.template("--set",
                                               "podMonitor.enabled=true,http.address=0.0.0.0")
