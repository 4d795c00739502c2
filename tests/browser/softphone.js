// The least of a phone: see softphone.py.
import { UA, WebSocketInterface } from "jssip"

export const events = []
let agent
let session

export function start(websocket, user, password) {
  const tell = (event) => events.push(event)
  agent = new UA({
    sockets: [new WebSocketInterface(websocket)],
    uri: `sip:${user}@${new URL(websocket).hostname}`,
    password,
    session_timers: false,
  })
  agent.on("connected", () => tell("connected"))
  agent.on("disconnected", () => tell("disconnected"))
  agent.on("registered", () => tell("registered"))
  agent.on("unregistered", () => tell("unregistered"))
  agent.on("registrationFailed", ({ cause }) => tell(`registration failed: ${cause}`))
  agent.on("newRTCSession", (data) => {
    session = data.session
    if (data.originator === "remote") tell("incoming")
    session.on("accepted", () => tell("accepted"))
    session.on("ended", ({ cause }) => tell(`ended: ${cause}`))
    session.on("failed", ({ cause }) => tell(`failed: ${cause}`))
  })
  agent.start()
}

const options = { mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] } }

export function call(extension) {
  agent.call(extension, options)
}

export function answer() {
  session.answer(options)
}

export function hangup() {
  session.terminate()
}

export function dtmf(digits) {
  session.sendDTMF(digits, { transportType: "RFC2833" })
}

export function stop() {
  agent.stop()
}
