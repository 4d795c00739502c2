// How loud a stream is, many times a second. It draws into an element itself: a level is not worth
// a change of the page's state.

/** Follow the stream: `level` from 0 to 1. Returns what ends it. */
export function metered(stream: MediaStream, shown: (level: number) => void): () => void {
  const context = new AudioContext();
  const source = context.createMediaStreamSource(stream);
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  void context.resume();
  const samples = new Float32Array(analyser.fftSize);
  let last = 0;
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    last = Math.max(loudness(samples), last * 0.8);
    shown(last);
  }, 60);
  return () => {
    clearInterval(timer);
    source.disconnect();
    void context.close();
  };
}

/** From silence (−60 dB) to full scale, as ears weigh it. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(sum / samples.length + 1e-12);
  return Math.min(1, Math.max(0, (decibels + 60) / 60));
}
