import type { FromWorker, ToWorker } from './messages.js';
import { Session } from './session.js';

/** The part of a dedicated worker's scope that is used; the library knows windows only. */
interface WorkerScope {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}

const scope = globalThis as unknown as WorkerScope;
const session = new Session((message, transfer = []) => scope.postMessage(message, transfer));

scope.onmessage = ({ data: message }) => {
  switch (message.type) {
    case 'join':
      return session.join(message.parameters);
    case 'leave':
      return session.leave();
    case 'retryNow':
      return session.retryNow();
    case 'openVideo':
      return session.local.openVideo(message.source, message.input);
    case 'openAudio':
      return session.local.openAudio(message.source, message.input);
    case 'picture':
      return session.local.push(message.source, message.frame);
    case 'mute':
      return session.setMuted(message.source, message.muted);
    case 'closeTrack':
      return session.closeTrack(message.source);
    case 'visibleSize':
      return session.setVisibleSize(message.track, message.width, message.height);
    case 'videoSink':
      return session.remote.setVideoSink(message.track, message.sink);
    case 'audioSink':
      return session.remote.setAudioSink(message.track, message);
    case 'outputLatency':
      return session.setOutputLatency(message.ms);
  }
};
