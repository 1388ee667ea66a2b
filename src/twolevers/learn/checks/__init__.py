"""The checks of the exercises: one module a lesson (`lesson_01`), one function a task. May import `learn.check`."""
