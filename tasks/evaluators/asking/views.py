"""A thread as a judge reads it: in as many windows as it takes."""

from dataclasses import dataclass

from storage.records import Role, Thread
from tasks.evaluators.asking.transcript import show_messages, show_window
from tasks.evaluators.asking.windows import Window, most_message_characters, plan_windows
from tasks.evaluators.base import EvaluatorOptions


@dataclass(frozen=True)
class View:
    """A window of a thread, written out."""

    window: Window
    transcript: str

    def judged(self, thread: Thread, role: Role) -> tuple[int, ...]:
        """Indexes of the messages of one role that are judged in this window."""
        return tuple(index for index in self.window.judged if thread.messages[index].role == role)


def view_thread(thread: Thread, options: EvaluatorOptions) -> tuple[View, ...]:
    """All windows of a thread, in order; one for a thread of ordinary length."""
    shown = show_messages(thread.messages, most_message_characters(options))
    windows = plan_windows([len(message) for message in shown], options)
    return tuple(View(window, show_window(shown, window)) for window in windows)
