"""All faults, by name; those that want a worker last, because `evalflows up` looks after what the others hit."""

from tests.crashes.faults import disk_full, postgres, processes

OF_DISKS = disk_full.FAULTS if disk_full.can_mount() else ()
BORNE = (*processes.BORNE, *postgres.FAULTS, *OF_DISKS)
"""What a run in the command goes on through by itself."""

FAULTS = {fault.name: fault for fault in (*processes.ENDING, *BORNE, *processes.AT_WORKER)}
