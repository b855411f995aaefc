"""How hard hypothesis looks: a little in the fast run, and four times as hard where the slow tests run as well."""

from hypothesis import settings

settings.register_profile("quick", max_examples=25, deadline=None)
settings.register_profile("thorough", max_examples=100, deadline=None)
settings.load_profile("quick")
