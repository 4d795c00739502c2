"""stasis_hello: the smallest plugin. It answers, says hello, and hangs up."""

from stasis_hello.flow import hello
from stasis_hello.plugin import Hello

__all__ = ["Hello", "hello"]
