"""What a plugin needs to be used over HTTP: an API from a table, events to pages, and the pages.

`Api` makes routes and their OpenAPI document from one table of `Operation`s, so the document is
true. `Feed` tells events to WebSockets. `pages` serves a page's files under a strict policy.
`Grants` are what tokens allow, `Hooks` tell events to other programs; both want a store.
Import it where it is needed: `import stasis` does not.
"""

from stasis.web.api import Api
from stasis.web.feed import Feed
from stasis.web.grant import Grant, fresh_token, hash_of, more_than, unknown_scopes
from stasis.web.grants import Grants, KeptGrants
from stasis.web.hook import (
    Hook,
    Message,
    Post,
    hook_id,
    hook_problems,
    message_id,
    signature,
    site,
)
from stasis.web.hooks import PATIENCE, Hooks, KeptMessages, Patience
from stasis.web.operation import ANY, Asked, Operation, Who
from stasis.web.origin import address_of, same_origin
from stasis.web.pages import pages
from stasis.web.problem import Problem

__all__ = [
    "ANY",
    "Api",
    "Asked",
    "Feed",
    "Grant",
    "Grants",
    "Hook",
    "Hooks",
    "KeptGrants",
    "KeptMessages",
    "Message",
    "Operation",
    "PATIENCE",
    "Patience",
    "Post",
    "Problem",
    "Who",
    "address_of",
    "fresh_token",
    "hash_of",
    "hook_id",
    "hook_problems",
    "message_id",
    "more_than",
    "pages",
    "same_origin",
    "signature",
    "site",
    "unknown_scopes",
]
