// What a page hears, measured beside its own code: run in each page before its scripts.
(() => {
  const Peer = window.RTCPeerConnection
  if (!Peer) return
  const ears = []
  let context

  function listenTo(track) {
    context ??= new AudioContext()
    const stream = new MediaStream([track])
    // A remote track is silent for Web Audio until an element plays it.
    const element = new Audio()
    element.muted = true
    element.srcObject = stream
    element.play().catch(() => {})
    const analyser = context.createAnalyser()
    analyser.fftSize = 8192
    analyser.smoothingTimeConstant = 0
    context.createMediaStreamSource(stream).connect(analyser)
    const ear = { analyser, element, spectrum: new Float32Array(analyser.frequencyBinCount) }
    ears.push(ear)
    track.addEventListener("ended", () => ears.splice(ears.indexOf(ear), 1))
  }

  window.RTCPeerConnection = class extends Peer {
    constructor(...options) {
      super(...options)
      this.addEventListener("track", ({ track }) => track.kind === "audio" && listenTo(track))
    }
  }

  const LEAST = -60 // dB; quieter is silence
  const bin = () => context.sampleRate / 8192

  function spectra() {
    for (const ear of ears) ear.analyser.getFloatFrequencyData(ear.spectrum)
    return ears.map((ear) => ear.spectrum)
  }

  function loudest(spectrum) {
    let best = 0
    for (let i = Math.ceil(100 / bin()); i < 4000 / bin(); i++) {
      if (spectrum[i] > LEAST && (!best || spectrum[i] > spectrum[best])) best = i
    }
    return best
  }

  async function moments(ms, look) {
    const until = performance.now() + ms
    do {
      if (context?.state === "suspended") await context.resume()
      look(context ? spectra() : [])
      await new Promise((resolve) => setTimeout(resolve, 50))
    } while (performance.now() < until)
  }

  window.stasisHearing = {
    // The loudest pitch of each moment, of whatever is loudest; 0 for silence.
    async pitches(ms) {
      const found = []
      await moments(ms, (heard) => {
        let pitch = 0
        let level = LEAST
        for (const spectrum of heard) {
          const best = loudest(spectrum)
          if (best && spectrum[best] > level) {
            level = spectrum[best]
            pitch = Math.round(best * bin())
          }
        }
        found.push(pitch)
      })
      return found
    },
    // Those pitches that were there at some moment: peaks, not far below the loudest.
    async among(pitches, near, ms) {
      const found = new Set()
      await moments(ms, (heard) => {
        for (const spectrum of heard) {
          const top = spectrum[loudest(spectrum)] ?? LEAST
          for (const pitch of pitches) {
            const from = Math.round((pitch - near) / bin())
            const to = Math.round((pitch + near) / bin())
            const level = Math.max(...spectrum.slice(from, to + 1))
            if (level > LEAST && level > top - 20) found.add(pitch)
          }
        }
      })
      return [...found]
    },
  }
})()
