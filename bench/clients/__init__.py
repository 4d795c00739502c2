"""The clients that are measured, each a process of its own with a module of its own.

Each is started as `PYTHON -m bench.clients.NAME --url URL --app APP --scenario JSON`, in the
repository's folder; `gauge.Gauge` is its side of what follows, and needs the standard library only.

On standard output, one a line: `ready` once it is connected; `live` each time all `channels` of
the scenario have entered; at last one JSON object with what it has measured of itself.
What begins and ends a measurement comes as an event, behind all before it: a ChannelUserevent
without a channel whose `eventname` is `BenchGo` or `BenchEnd`. BenchGo's `userevent` has `events`,
how many follow, and `digits`, how many of them are ChannelDtmfReceived.
Every event of a channel carries a mark in `channel.accountcode`: eight digits, its number among
those of its channel, from 0; then twenty, when it was sent, in ns of the monotonic clock.

The scenario: `name`, and what belongs to it.
burst, growth: between BenchGo and BenchEnd every event is decoded and put in order for its
channel; the code of each of the `channels` runs for its digits. `events`: those that came.
handlers, paced: the same, and the code of a channel runs for each of its events. `latency`, where
the scenario asks for it: from mark to code, in µs: p50, p99, most. `disorder`, of peers: events
that were not at their place among those of their channel when its code had them.
busy: the same, with `disorder` of every client; the code for a channel's first event takes `hold`
seconds. `stall`: most ms between two events that the reader took; `events` as the channels' code
has heard them. A peer gives up after `patience` seconds.
rest: after BenchGo GET /channels/{id} `requests` times, `at_once` at a time, the answer read.
memory: `cycles` times: `live` is said, BenchGo comes, the channels leave, BenchEnd comes, and once
all is over `gone` is said. `rss` in bytes: when ready, at each BenchGo, and before each `gone`.
call: at once after `ready`, on a real Asterisk: `calls` calls, `at_once` at a time, each from
POST /channels with `endpoint` and `app` over StasisStart, answer, hangup, to its StasisEnd.
In any: `error`, what went wrong, in words; `mistakes`, how many errors a peer has logged.
Everywhere `username`, `password`; `loop` and `transport` (http, socket) for clients that know them.
"""
