"""All faults, by name."""

from tests.crashes.faults import disk_full, postgres, processes
from tests.crashes.faults.base import Fault

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (*processes.FAULTS, *postgres.FAULTS, *(disk_full.FAULTS if disk_full.can_mount() else ()))
}
"""The worker's come last but for those of the disk: `evalflows up` is started when the first of them is due."""
