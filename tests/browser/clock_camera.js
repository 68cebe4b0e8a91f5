// Runs in a page instead of its devices: a camera whose barcode says when each picture was taken,
// with something that costs bits behind it, and a microphone with a steady tone.
(() => {
  const kWidth = 640;
  const kHeight = 360;
  /** What the 16 bits of the picture's number count. */
  const kTickMs = 5;
  let camera;
  let microphone;

  /** A landscape of blotches, larger than the picture, over which the camera pans. */
  function landscape() {
    const canvas = document.createElement('canvas');
    canvas.width = 2 * kWidth;
    canvas.height = 2 * kHeight;
    const paint = canvas.getContext('2d');
    paint.fillStyle = '#456';
    paint.fillRect(0, 0, canvas.width, canvas.height);
    let state = 7;
    const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
    for (let blotch = 0; blotch < 5000; blotch++) {
      paint.fillStyle = `hsl(${random() * 360} 45% ${25 + random() * 45}%)`;
      const size = 3 + random() * 24;
      paint.fillRect(random() * canvas.width, random() * canvas.height, size, size);
    }
    return canvas;
  }

  function openCamera() {
    const canvas = document.createElement('canvas');
    canvas.width = kWidth;
    canvas.height = kHeight;
    const paint = canvas.getContext('2d', { alpha: false });
    const background = landscape();
    const [track] = canvas.captureStream(0).getVideoTracks();
    // A worker's timer: the page's own may be slowed down.
    const ticks = new Worker(
      URL.createObjectURL(new Blob(['setInterval(() => postMessage(0), 1000 / 30)'])),
    );
    ticks.onmessage = () => {
      const nowMs = performance.timeOrigin + performance.now();
      const turn = nowMs / 4000;
      const x = (kWidth / 2) * (1 + Math.sin(turn));
      const y = (kHeight / 2) * (1 + Math.cos(turn));
      paint.drawImage(background, -x, -y);
      const cells = window.sluiceBarcode(window.sluiceSender, Math.floor(nowMs / kTickMs) & 0xffff);
      cells.forEach((bit, cell) => {
        paint.fillStyle = bit ? '#fff' : '#000';
        const left = Math.floor((cell * kWidth) / cells.length);
        const right = Math.floor(((cell + 1) * kWidth) / cells.length);
        paint.fillRect(left, 0, right - left, kHeight / 12);
      });
      track.requestFrame();
    };
    return track;
  }

  function openMicrophone() {
    const context = new AudioContext({ sampleRate: 48_000 });
    const destination = context.createMediaStreamDestination();
    const gain = new GainNode(context, { gain: 0.3 });
    const oscillator = new OscillatorNode(context, { frequency: 440 });
    oscillator.connect(gain).connect(destination);
    oscillator.start();
    return destination.stream.getAudioTracks()[0];
  }

  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = new MediaStream();
    if (constraints.video) stream.addTrack((camera ??= openCamera()).clone());
    if (constraints.audio) stream.addTrack((microphone ??= openMicrophone()).clone());
    return stream;
  };
})();
