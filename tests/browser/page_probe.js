// Runs in the meeting page before its own code: reads pictures and sound as a person would get them,
// and puts test media in where headless Chromium has none of its own.
(() => {
  const kCells = 30;
  const probe = (window.sluiceProbe = {});

  /** Brightness of the 30 cells of the barcode in a <video> or <canvas>; null without a picture. */
  const strip = document.createElement('canvas');
  strip.width = kCells * 8;
  strip.height = 12;
  const context = strip.getContext('2d', { willReadFrequently: true });
  probe.levels = (element) => {
    const width = element.videoWidth ?? element.width;
    const height = element.videoHeight ?? element.height;
    if (!width || !height) return null;
    context.drawImage(element, 0, 0, width, height / 12, 0, 0, strip.width, strip.height);
    const { data } = context.getImageData(0, 0, strip.width, strip.height);
    const levels = [];
    for (let cell = 0; cell < kCells; cell++) {
      let sum = 0;
      for (let y = 4; y < 8; y++) {
        for (let x = cell * 8 + 3; x < cell * 8 + 5; x++) {
          const at = (y * strip.width + x) * 4;
          sum += 0.3 * data[at] + 0.59 * data[at + 1] + 0.11 * data[at + 2];
        }
      }
      levels.push(sum / 8);
    }
    return levels;
  };

  /** Reads every picture that `element` shows for `ms`; gives back levels and times. */
  probe.watch = (element, ms) =>
    new Promise((done) => {
      const readings = [];
      const beganMs = performance.now();
      const look = () => {
        const atMs = performance.now() - beganMs;
        const levels = probe.levels(element);
        if (levels) readings.push({ atMs, levels });
        if (atMs >= ms) done({ readings, width: element.videoWidth ?? element.width });
        else requestAnimationFrame(look);
      };
      look();
    });

  /** Reads each picture that a <video> puts on the screen for `ms`; times are the wall clock's. */
  probe.watchShown = (element, ms) =>
    new Promise((done) => {
      const readings = [];
      const nowMs = () => performance.timeOrigin + performance.now();
      const endMs = nowMs() + ms;
      // Nothing may be shown any more, so the end is not a picture's to find.
      setTimeout(() => done(readings), ms);
      const look = () => {
        const atMs = nowMs();
        if (atMs >= endMs) return;
        const levels = probe.levels(element);
        if (levels) readings.push({ atMs, levels, width: element.videoWidth });
        element.requestVideoFrameCallback(look);
      };
      element.requestVideoFrameCallback(look);
    });

  /** Loudness each 10 ms for `ms`; times are the wall clock's. */
  probe.watchLoudness = (ms) =>
    new Promise((done) => {
      const readings = [];
      const samples = new Float32Array(8192);
      const beganMs = performance.now();
      const timer = setInterval(() => {
        if (analyser) {
          analyser.getFloatTimeDomainData(samples);
          // The window is long: of it only the last ten milliseconds are now.
          const power = samples.subarray(-512).reduce((sum, x) => sum + x * x, 0) / 512;
          readings.push({ atMs: performance.timeOrigin + performance.now(), rms: Math.sqrt(power) });
        }
        if (performance.now() - beganMs < ms) return;
        clearInterval(timer);
        done(readings);
      }, 10);
    });

  /**
   * When `element` became bright and when sound began, within `ms`; sound as late as the sound card
   * says that it is heard.
   */
  probe.flashesAndBeeps = (element, ms) =>
    new Promise((done) => {
      const beganMs = performance.now();
      const flashes = [];
      const beeps = [];
      let lit = false;
      let loudMs = 0;
      const look = () => {
        context.drawImage(element, 0, 0, strip.width, strip.height);
        const [red] = context.getImageData(strip.width / 2, strip.height / 2, 1, 1).data;
        if (red > 140 && !lit) flashes.push(performance.now());
        lit = red > 140;
        if (performance.now() - beganMs < ms) element.requestVideoFrameCallback(look);
      };
      element.requestVideoFrameCallback(look);
      const samples = new Float32Array(analyser.fftSize);
      const timer = setInterval(() => {
        const nowMs = performance.now();
        const { baseLatency, outputLatency } = analyser.context;
        analyser.getFloatTimeDomainData(samples);
        // The window is long: of it only the last five milliseconds are now.
        if (samples.subarray(-256).some((sample) => Math.abs(sample) > 0.1)) {
          if (nowMs - loudMs > 300) beeps.push(nowMs + (baseLatency + outputLatency) * 1000);
          loudMs = nowMs;
        }
        if (nowMs - beganMs < ms) return;
        clearInterval(timer);
        done({ flashes, beeps });
      }, 3);
    });

  /** All sound that the page plays goes past this analyser. */
  let analyser;
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target === this.context.destination) {
      if (!analyser || analyser.context !== this.context) {
        analyser = new AnalyserNode(this.context, { fftSize: 8192, smoothingTimeConstant: 0 });
      }
      connect.call(this, analyser);
    }
    return connect.call(this, target, ...rest);
  };
  /** The loudest frequency now, and how loud all is. */
  probe.sound = () => {
    if (!analyser) return { hertz: 0, decibels: -Infinity, rms: 0 };
    const spectrum = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(spectrum);
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    let loudest = 1;
    for (let bin = 1; bin < spectrum.length; bin++) if (spectrum[bin] > spectrum[loudest]) loudest = bin;
    return {
      hertz: (loudest * analyser.context.sampleRate) / analyser.fftSize,
      decibels: spectrum[loudest],
      rms: Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length),
    };
  };

  const devices = navigator.mediaDevices;
  if (!devices) return;
  // Noise suppression takes a steady tone for noise.
  const getUserMedia = devices.getUserMedia.bind(devices);
  devices.getUserMedia = (constraints) => {
    const audio = constraints.audio && {
      ...(constraints.audio === true ? {} : constraints.audio),
      echoCancellation: false,
      noiseSuppression: false,
      autoGainControl: false,
    };
    return getUserMedia({ ...constraints, ...(audio ? { audio } : {}) });
  };
  // Headless Chromium has no screen: a canvas with the barcode of `sharedBarcode` stands in.
  devices.getDisplayMedia = async () => {
    const canvas = document.createElement('canvas');
    canvas.width = 1280;
    canvas.height = 720;
    const paint = canvas.getContext('2d');
    let number = 0;
    const draw = () => {
      paint.fillStyle = '#f6f4ee';
      paint.fillRect(0, 0, 1280, 720);
      window.sluiceBarcode(window.sluiceScreenSender, number).forEach((bit, cell) => {
        paint.fillStyle = bit ? '#fff' : '#000';
        paint.fillRect((cell * 1280) / kCells, 0, 1280 / kCells + 1, 60);
      });
      paint.fillStyle = '#1d2733';
      paint.font = '40px sans-serif';
      paint.fillText(`A shared screen, picture ${number}`, 80, 160);
      for (let line = 0; line < 12; line++) paint.fillRect(80, 220 + line * 36, 300 + ((line * 137) % 700), 10);
      number = (number + 1) & 0xffff;
    };
    draw();
    const timer = setInterval(draw, 1000 / 15);
    const stream = canvas.captureStream(15);
    const [track] = stream.getVideoTracks();
    const stop = track.stop.bind(track);
    track.stop = () => {
      clearInterval(timer);
      stop();
    };
    return stream;
  };
})();
