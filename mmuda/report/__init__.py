"""The report of runs: what a work dir holds, alarms, and a page of it."""
