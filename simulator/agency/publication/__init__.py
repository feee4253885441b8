"""What the agency publishes, at any instant: lists, OCSP answers, certificates, timestamps.

* :class:`Publication` gives each as bytes, as a function of the world's log and the instant.
* :func:`told_at` and :func:`served_lists` say what was told when.
* :func:`~simulator.agency.publication.app.publication_app` serves it over HTTP (extra
  ``simulator``).
"""

from simulator.agency.publication.addresses import (
    Addresses,
    authority_path,
    list_path,
    list_template,
    serving_profile,
)
from simulator.agency.publication.history import (
    ServedList,
    Told,
    certificate_named,
    served_lists,
    told_at,
)
from simulator.agency.publication.office import ListKey, Publication, PublishedList
from simulator.agency.publication.options import Numbering, PublicationOptions, Takeover

__all__ = [
    "Addresses",
    "ListKey",
    "Numbering",
    "Publication",
    "PublicationOptions",
    "PublishedList",
    "ServedList",
    "Takeover",
    "Told",
    "authority_path",
    "certificate_named",
    "list_path",
    "list_template",
    "served_lists",
    "serving_profile",
    "told_at",
]
