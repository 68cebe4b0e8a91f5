import type { SupportProblem } from '../api/support.js';

/** What cameras are encoded as; any receiver must decode it. */
const VP8: VideoEncoderConfig = { codec: 'vp8', width: 640, height: 360 };
const OPUS = { codec: 'opus', sampleRate: 48_000, numberOfChannels: 1 };

/** What this browser, page or computer lacks; empty when everything is there. */
export async function supportProblems(): Promise<SupportProblem[]> {
  // Without a secure context the rest is missing because of that; one message is clearer.
  if (!globalThis.isSecureContext) return [insecureContext()];
  const problems = [...missingInterfaces()];
  if (problems.some(({ severity }) => severity === 'cannot_join')) return problems;
  problems.push(...(await missingCodecs()), ...(await missingDevices()));
  return problems;
}

function insecureContext(): SupportProblem {
  return {
    code: 'insecure_context',
    severity: 'cannot_join',
    message:
      'This page was not opened securely, so the browser withholds camera, microphone and video ' +
      'decoding from it. Open it with https:// (or on localhost).',
  };
}

function* missingInterfaces(): Generator<SupportProblem> {
  if (typeof Worker === 'undefined') {
    yield {
      code: 'no_workers',
      severity: 'cannot_join',
      message: 'This browser cannot run background workers, which the meeting needs.',
    };
  }
  if (typeof VideoDecoder === 'undefined' || typeof AudioDecoder === 'undefined') {
    yield {
      code: 'no_webcodecs',
      severity: 'cannot_join',
      message:
        'This browser is too old to decode meeting video and audio (it has no WebCodecs). Use a ' +
        'current Chrome, Edge or Firefox.',
    };
  }
  if (typeof AudioWorkletNode === 'undefined') {
    yield {
      code: 'no_audio_output',
      severity: 'limited',
      message: 'This browser cannot play meeting audio (it has no audio worklets).',
    };
  }
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) {
    yield {
      code: 'no_capture',
      severity: 'cannot_send',
      message: 'This browser gives pages no camera or microphone. You can watch and listen.',
    };
  }
  // Typed as always there, yet phones have no screen sharing.
  if (typeof (devices?.getDisplayMedia as unknown) !== 'function') {
    yield {
      code: 'no_screen_share',
      severity: 'limited',
      message: 'This browser cannot share the screen.',
    };
  }
}

async function missingCodecs(): Promise<SupportProblem[]> {
  const supported = async (check: () => Promise<{ supported?: boolean }>): Promise<boolean> => {
    try {
      return (await check()).supported === true;
    } catch {
      return false;
    }
  };
  const [decodesVideo, decodesAudio, encodesVideo, encodesAudio] = await Promise.all([
    supported(() => VideoDecoder.isConfigSupported({ codec: 'vp8' })),
    supported(() => AudioDecoder.isConfigSupported(OPUS)),
    supported(() => VideoEncoder.isConfigSupported(VP8)),
    supported(() => AudioEncoder.isConfigSupported(OPUS)),
  ]);
  const problems: SupportProblem[] = [];
  if (!decodesVideo || !encodesVideo) {
    problems.push({
      code: 'no_video_codec',
      severity: decodesVideo ? 'cannot_send' : 'cannot_join',
      message: decodesVideo
        ? 'This browser cannot encode video (VP8). The others will not see you.'
        : 'This browser cannot decode meeting video (VP8). Use a current Chrome, Edge or Firefox.',
    });
  }
  if (!decodesAudio || !encodesAudio) {
    problems.push({
      code: 'no_audio_codec',
      severity: decodesAudio ? 'cannot_send' : 'cannot_join',
      message: decodesAudio
        ? 'This browser cannot encode audio (Opus). The others will not hear you.'
        : 'This browser cannot decode meeting audio (Opus). Use a current Chrome, Edge or Firefox.',
    });
  }
  return problems;
}

async function missingDevices(): Promise<SupportProblem[]> {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) return [];
  const kinds = (await devices.enumerateDevices()).map(({ kind }) => kind);
  const problems: SupportProblem[] = [];
  if (!kinds.includes('videoinput')) {
    problems.push({
      code: 'no_camera',
      severity: 'limited',
      message: 'No camera was found. Connect one to be seen.',
    });
  }
  if (!kinds.includes('audioinput')) {
    problems.push({
      code: 'no_microphone',
      severity: 'limited',
      message: 'No microphone was found. Connect one to be heard.',
    });
  }
  return problems;
}
