"""The checks of the exercises: one module a lesson (lesson 01 is `two_levers`), one function a task."""
