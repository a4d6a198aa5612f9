"""The manifest, held against the schemas of Kubernetes itself."""

import kubernetes_validate
import pytest
import yaml

from installer.targets import kubernetes

# The oldest and the newest that clusters run today.
_SUPPORTED = ("1.28", "1.37")


@pytest.mark.parametrize("cluster", _SUPPORTED)
@pytest.mark.parametrize("public_url", ["", "https://desk.example"])
def test_the_manifest_is_one_of_kubernetes(cluster: str, public_url: str) -> None:
    objects = list(yaml.safe_load_all(kubernetes.manifest("1.0.0", public_url)))

    assert [one["kind"] for one in objects] == ["Service", "StatefulSet"]
    for one in objects:
        kubernetes_validate.validate(one, cluster, strict=True)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**objects[1], "replica": 1}, cluster, strict=True)
    (container,) = objects[1]["spec"]["template"]["spec"]["containers"]
    assert objects[0]["spec"]["selector"] == objects[1]["spec"]["selector"]["matchLabels"]
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
