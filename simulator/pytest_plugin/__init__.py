"""The pytest plug-in: a simulated JPKI for every test, through the entry point ``pytest11``.

:mod:`~simulator.pytest_plugin.plugin` has the fixtures ``clock world authority person people card
make_card phone make_phone reader revocation_server verifier story jpki_scene`` and the markers
``jpki(…)`` and ``jpki_story(…)``; the assertions are in :mod:`~simulator.pytest_plugin.assertions`.
Needs the extra ``test``.
"""
