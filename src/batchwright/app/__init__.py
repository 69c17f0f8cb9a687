"""The front door: one module a question, from plain arguments to an :class:`~batchwright.app.answer.Answer`."""
