"""The job template of a work pool of type `kubernetes`, made of Prefect's own: our image, our Secret, an ordinary user.

prefect work-pool get-default-base-job-template --type kubernetes |
    python -m deployments.kubernetes.job_template registry.example.com/evalflows:0.1.0 > job-template.json
"""

import json
import sys
from copy import deepcopy
from typing import Any

GRACE_SECONDS = 90
ENVIRONMENT = {
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    # a pod that is evicted or drained gives its run back to the queue
    "PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR": "reschedule",
}


def job_template(default: dict[str, Any], image: str) -> dict[str, Any]:
    """Prefect's template with what a run needs; keys and URLs come from the Secret and the ConfigMap `evalflows`.

    Args:
        default: What `prefect work-pool get-default-base-job-template --type kubernetes` prints.
        image: The image that runs the flows.
    """
    template = deepcopy(default)
    variables = template["variables"]["properties"]
    variables["image"]["default"] = image
    variables["env"]["default"] = ENVIRONMENT
    pod = template["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]
    pod["automountServiceAccountToken"] = False
    pod["terminationGracePeriodSeconds"] = GRACE_SECONDS
    pod["securityContext"] = {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10001}
    pod["volumes"] = [{"name": "home", "emptyDir": {}}, {"name": "temporary", "emptyDir": {}}]
    container = pod["containers"][0]
    container["envFrom"] = [{"configMapRef": {"name": "evalflows"}}, {"secretRef": {"name": "evalflows"}}]
    container["securityContext"] = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    container["volumeMounts"] = [
        {"name": "home", "mountPath": "/var/lib/evalflows"},
        {"name": "temporary", "mountPath": "/tmp"},
    ]
    return template


if __name__ == "__main__":
    json.dump(job_template(json.load(sys.stdin), sys.argv[1]), sys.stdout, indent=2)
