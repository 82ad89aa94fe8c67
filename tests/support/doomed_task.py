"""A server's tasks in a process that is killed: ``python -m tests.support.doomed_task WHEN REFERENCE``.

It begins to commit a version as a task, prints the task's id, and ends without a word: ``before`` the commit, right
``after`` it, or when somebody kills it (``sometime``; a second line says that the task has ended).
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.models import TaskState, Version
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.service.host import Host, open_host
from jupyter_gradient_data.service.tasks import Task


def commit(host: Host, when: str, reference: str, may_end: threading.Event) -> Version:
    """Commit, or not, and end."""
    if when == "sometime":
        return host.service.commit_version(reference).result()
    if when == "after":
        host.service.commit_version(reference).result()
    may_end.wait()
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


if __name__ == "__main__":
    when, reference = sys.argv[1:]
    host, may_end = open_host(Config.load()), threading.Event()

    def work(_: Progress) -> Version:
        """What the task does."""
        return commit(host, when, reference, may_end)

    info = host.tasks.start("commit", reference, lambda: Task(work))
    print(info.id, flush=True)
    may_end.set()
    while info.state is TaskState.RUNNING:
        info = host.tasks.get(info.id, 60, info)
    print(info.state.value, flush=True)
    threading.Event().wait()
