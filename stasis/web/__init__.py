"""What a plugin needs to be used over HTTP: an API from a table, events to pages, and the pages.

`Api` makes routes and their OpenAPI document from one table of `Operation`s, so the document is
true. `Feed` tells events to WebSockets. `pages` serves a page's files under a strict policy.
Import it where it is needed: `import stasis` does not.
"""

from stasis.web.api import Api
from stasis.web.feed import Feed
from stasis.web.operation import ANY, Asked, Operation, Who
from stasis.web.origin import address_of, same_origin
from stasis.web.pages import pages
from stasis.web.problem import Problem

__all__ = [
    "ANY",
    "Api",
    "Asked",
    "Feed",
    "Operation",
    "Problem",
    "Who",
    "address_of",
    "pages",
    "same_origin",
]
