// Runs in the sender's page instead of its devices: a camera that flashes and a microphone that
// beeps, both at the same moment about once a second.
(() => {
  const kSeconds = 0.15;
  let context;
  let canvas;
  let microphone;

  function start() {
    if (context) return;
    context = new AudioContext({ sampleRate: 48_000 });
    microphone = context.createMediaStreamDestination();
    const gain = new GainNode(context, { gain: 0 });
    const oscillator = new OscillatorNode(context, { frequency: 1000 });
    oscillator.connect(gain).connect(microphone);
    oscillator.start();
    canvas = document.createElement('canvas');
    canvas.width = 640;
    canvas.height = 360;
    const paint = canvas.getContext('2d');
    let atSeconds = 0;
    setInterval(() => {
      const now = context.currentTime;
      if (now > atSeconds + 0.8) {
        atSeconds = Math.ceil(now) + 0.2;
        gain.gain.setValueAtTime(0.6, atSeconds);
        gain.gain.setValueAtTime(0, atSeconds + kSeconds);
      }
      const lit = now >= atSeconds && now < atSeconds + kSeconds;
      paint.fillStyle = lit ? '#fff' : '#222';
      paint.fillRect(0, 0, 640, 360);
      // A canvas that does not change yields no pictures.
      paint.fillStyle = `hsl(${now * 360} 50% 50%)`;
      paint.fillRect(600, 320, 20, 20);
    }, 8);
  }

  navigator.mediaDevices.getUserMedia = async (constraints) => {
    start();
    const stream = new MediaStream();
    if (constraints.video) stream.addTrack(canvas.captureStream(30).getVideoTracks()[0]);
    if (constraints.audio) stream.addTrack(microphone.stream.getAudioTracks()[0].clone());
    return stream;
  };
})();
