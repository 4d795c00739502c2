"""A real Asterisk for development and tests: private, on loopback, gone without a trace.

`lab.Lab` is the server; `sipp.Sipp` and `baresip.Baresip` are phones that call it; `audio` and
`prompt` say what a phone heard. Nothing here is imported by a running application.
"""
