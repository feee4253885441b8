"""A world outlives its writers: killed at any instant, racing, on a full disk, on either database."""

from __future__ import annotations

import os
import random
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jpki.errors import WorldUnavailable
from jpki.jst import at_time
from simulator.store import Location
from simulator.world import World
from tests.simulator.worldwork import register, write_for_ever
