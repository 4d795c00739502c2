/*
 * ari-client 2.2 (npm, Node.js): an emitter of events, which its reader calls and does not wait for.
 *
 * Where the code of a channel runs for its digits only, one listener finds it by the channel's id; in
 * `handlers` it is registered on each channel, as the library offers. What is said on standard
 * output, and what a scenario is, is described in bench/clients/__init__.py.
 */
'use strict';

const path = require('node:path');
const { setTimeout: pause } = require('node:timers/promises');

// Standard output is for what is measured; the library writes there too.
console.log = console.error;

const environment = path.join(__dirname, '..', '..', '.envs', 'node_ari_client');
const library = require(require.resolve('ari-client', { paths: [environment] }));

const DIGIT = 'ChannelDtmfReceived';
const KINDS = [
  'ChannelCallerId',
  'ChannelConnectedLine',
  'ChannelDialplan',
  DIGIT,
  'ChannelEnteredBridge',
  'ChannelLeftBridge',
  'ChannelStateChange',
  'ChannelTalkingStarted',
  'ChannelUserevent',
  'ChannelVarset',
];
const EVERY = ['handlers', 'paced', 'busy'];
// Milliseconds without an event after which the missing ones are lost, and for a scenario at most.
const QUIET = 2000;
const PATIENCE = 100000;

function options() {
  const found = {};
  for (let at = 2; at < process.argv.length; at += 2) {
    found[process.argv[at].replace('--', '')] = process.argv[at + 1];
  }
  return { ...found, scenario: JSON.parse(found.scenario) };
}

const { url, app, scenario } = options();
const every = EVERY.includes(scenario.name);
const lines = new Map();
const latency = [];
const rss = [];
let entered = 0;
let events = 0;
let disorder = 0;
let stall = 0;
let taken = 0;
let expected = null;
let begunAt = process.hrtime.bigint();
let begunCpu = process.cpuUsage();
let mistakes = 0;
let error = '';
let begun;
let ended;
const hasBegun = new Promise((resolve) => { begun = resolve; });
let hasEnded = new Promise((resolve) => { ended = resolve; });

function say(word) {
  process.stdout.write(`${word}\n`);
}

function memory() {
  if (global.gc) {
    global.gc();
  }
  return process.memoryUsage().rss;
}

function begin(userevent) {
  expected = userevent && userevent.events ? userevent : null;
  if (global.gc) {
    global.gc();
  }
  begunCpu = process.cpuUsage();
  begunAt = process.hrtime.bigint();
}

function report(failed) {
  const cpu = process.cpuUsage(begunCpu);
  const told = {
    cpu: (cpu.user + cpu.system) / 1e6,
    wall: Number(process.hrtime.bigint() - begunAt) / 1e9,
    events,
  };
  if (expected) {
    told.lost = Number(expected.events || 0) - events;
  }
  if (latency.length) {
    latency.sort((one, other) => one - other);
    const last = latency.length - 1;
    const places = [Math.floor(last / 2), Math.floor(last * 0.99), last];
    told.latency = places.map((at) => Math.round(latency[at] / 100) / 10);
  }
  if (every) {
    told.disorder = disorder;
  }
  if (scenario.name === 'busy') {
    told.stall = Math.round(stall * 10) / 10;
  }
  if (rss.length) {
    told.rss = rss;
  }
  told.mistakes = mistakes;
  if (failed || error) {
    told.error = (failed || error).slice(0, 300);
  }
  process.stdout.write(`${JSON.stringify(told)}\n`, () => process.exit(0));
}

function enter(channel) {
  lines.set(channel, { heard: 0, held: false });
  entered += 1;
  if (entered === scenario.channels) {
    entered = 0;
    say('live');
  }
}

function code(channel, mark) {
  const line = lines.get(channel);
  if (every && Number(mark.slice(0, 8)) !== line.heard) {
    disorder += 1;
  }
  line.heard += 1;
  if (scenario.name === 'paced') {
    latency.push(Number(process.hrtime.bigint() - BigInt(mark.slice(8))));
  }
}

function heard(event) {
  events += 1;
  if (every || event.type === DIGIT) {
    code(event.channel.id, event.channel.accountcode);
  }
}

// The emitter does not wait for it: the next event of the channel comes meanwhile.
async function held(event) {
  const line = lines.get(event.channel.id);
  if (!line.held) {
    line.held = true;
    await pause(scenario.hold * 1000);
  }
  events += 1;
  code(event.channel.id, event.channel.accountcode);
}

function told(event) {
  if (event.eventname === 'BenchGo') {
    if (scenario.name === 'memory') {
      rss.push(memory());
    }
    begin(event.userevent);
    taken = performance.now();
    begun();
  } else if (event.eventname === 'BenchEnd') {
    ended();
  }
}

function listen(client) {
  client.on('StasisStart', (event) => enter(event.channel.id));
  client.on('StasisEnd', (event) => lines.delete(event.channel.id));
  client.on('ChannelUserevent', (event) => event.channel || told(event));
  const hear = scenario.name === 'busy' ? held : heard;
  for (const kind of KINDS) {
    client.on(kind, (event) => {
      if (event.channel) {
        if (scenario.name === 'busy') {
          const now = performance.now();
          stall = Math.max(stall, now - taken);
          taken = now;
        }
        hear(event);
      }
    });
  }
}

// Without a replaced channel the library gives the one that enters itself.
function entering(found) {
  return found.channel || found;
}

function register(client) {
  const live = new Map();
  const kinds = scenario.name === 'memory' ? [DIGIT] : KINDS;
  client.on('StasisStart', (event, found) => {
    const channel = entering(found);
    const hear = (each) => heard(each);
    for (const kind of kinds) {
      channel.on(kind, hear);
    }
    live.set(channel.id, { channel, hear });
    enter(channel.id);
  });
  client.on('StasisEnd', (event) => {
    const { channel, hear } = live.get(event.channel.id);
    for (const kind of kinds) {
      channel.removeListener(kind, hear);
    }
    live.delete(channel.id);
    lines.delete(channel.id);
  });
  client.on('ChannelUserevent', (event) => event.channel || told(event));
}

async function hearing() {
  await hasEnded;
  let before = -1;
  let since = performance.now();
  const quiet = QUIET + (scenario.hold || 0) * 1000;
  while (expected && events < Number(expected.events) && performance.now() - since < quiet) {
    if (events !== before) {
      before = events;
      since = performance.now();
    }
    await pause(10);
  }
}

async function remembering() {
  for (let cycle = 0; cycle < scenario.cycles; cycle += 1) {
    await hasEnded;
    hasEnded = new Promise((resolve) => { ended = resolve; });
    rss.push(memory());
    say('gone');
  }
}

async function resting(client) {
  await hasBegun;
  let next = 0;
  async function some() {
    while (next < scenario.requests) {
      const number = next;
      next += 1;
      await client.channels.get({ channelId: String(number).padStart(11, '0') });
      events += 1;
    }
  }
  await Promise.all(Array.from({ length: scenario.at_once }, some));
}

async function calling(client) {
  const waiting = new Map();
  client.on('StasisStart', (event, found) => {
    const channel = entering(found);
    channel.answer().then(() => channel.hangup()).catch(mistaken);
  });
  client.on('StasisEnd', (event) => waiting.get(event.channel.id)?.());
  let left = scenario.calls;
  async function some() {
    while (left > 0) {
      left -= 1;
      const channel = client.Channel();
      const over = new Promise((resolve) => { waiting.set(channel.id, resolve); });
      await channel.originate({ endpoint: scenario.endpoint, app });
      await over;
      waiting.delete(channel.id);
      events += 1;
    }
  }
  begin(null);
  await Promise.all(Array.from({ length: scenario.at_once }, some));
}

function mistaken(failure) {
  mistakes += 1;
  error = error || String(failure);
}

async function main() {
  const { username = 'bench', password = 'bench' } = scenario;
  const client = await library.connect(url.replace(/\/ari$/, ''), username, password);
  const registers = ['handlers', 'memory'].includes(scenario.name);
  if (scenario.name !== 'call') {
    (registers ? register : listen)(client);
  }
  await client.start(app);
  if (scenario.name === 'memory') {
    rss.push(memory());
  }
  say('ready');
  const works = { memory: remembering, rest: resting, call: calling };
  const patience = (scenario.patience || PATIENCE / 1000) * 1000;
  const late = pause(patience).then(() => `not over after ${patience / 1000} s`);
  const failed = await Promise.race([(works[scenario.name] || hearing)(client), late]);
  report(failed);
}

process.on('uncaughtException', (failure) => report(`it has failed: ${failure}`));
main().catch((failure) => report(`it has failed: ${failure}`));
