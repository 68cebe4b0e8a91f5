import { SluiceError } from './api/errors.js';
import { EventEmitter } from './api/event_emitter.js';
import type { LocalParticipant } from './api/local_participant.js';
import type {
  CloseReason,
  MeetingEvents,
  MeetingOptions,
  MeetingState,
  MeetingStats,
  RemoteParticipant,
} from './api/types.js';
import { Me } from './capture/local_participant.js';
import type { ServerMessage } from './core/control_messages.js';
import { publishableSources } from './core/publish_rights.js';
import { AudioOutput } from './playout/audio_output.js';
import { Roster } from './room/roster.js';
import type { FromWorker, JoinParameters, ToWorker } from './worker/messages.js';

type StateMessage = Extract<FromWorker, { type: 'state' }>;

/**
 * One meeting: make it, listen to its events, {@link join} it.
 *
 * @example
 * ```ts
 * const meeting = new Meeting({ room: 'demo', name: 'Ada' });
 * meeting.on('trackPublished', ({ track }) => {
 *   if (track.kind === 'video') track.attach(document.querySelector('#tile')!);
 * });
 * await meeting.local.setMicrophone(true);
 * await meeting.local.setCamera(true);
 * await meeting.join();
 * ```
 */
export class Meeting extends EventEmitter<MeetingEvents> {
  readonly #worker: Worker;
  readonly #output = new AudioOutput();
  readonly #me: Me;
  readonly #roster: Roster;
  #options: MeetingOptions;
  #state: MeetingState = 'idle';
  #audioAllowed = true;
  #stats: MeetingStats = emptyStats('idle');
  readonly #retryNow = (): void => this.#toWorker({ type: 'retryNow' });
  #joining: { resolve: () => void; reject: (error: SluiceError) => void } | undefined;

  /** @throws SluiceError `unsupported` when the browser has no workers. */
  constructor(options: MeetingOptions = {}) {
    super();
    if (typeof Worker === 'undefined') {
      throw new SluiceError('unsupported', 'This browser cannot run background workers.');
    }
    this.#options = options;
    const toWorker = this.#toWorker.bind(this);
    this.#worker = new Worker(new URL('./worker/main.js', import.meta.url), { type: 'module' });
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#onWorker(data);
    this.#worker.onerror = (event) => this.#onWorkerFailed(event.message);
    this.#me = new Me({
      output: this.#output,
      toWorker,
      changed: (source, endedBy) => {
        const track = endedBy === undefined ? this.#localTrack(source) : undefined;
        const how = endedBy === undefined ? {} : { endedBy };
        this.emit('localTrackChanged', { source, track, ...how });
      },
    });
    this.#me.name = options.name ?? '';
    this.#me.identity = options.identity ?? randomIdentity();
    this.#roster = new Roster({ output: this.#output, toWorker }, this.emit.bind(this));
    this.#output.onChange(() => this.#onOutputChanged());
    globalThis.addEventListener('online', this.#retryNow);
  }

  get state(): MeetingState {
    return this.#state;
  }

  get room(): string {
    return this.#options.room ?? '';
  }

  /** Ourselves: devices, and what we send. */
  get local(): LocalParticipant {
    return this.#me;
  }

  /** The others, by {@link RemoteParticipant.id}, in the order in which they joined. */
  get participants(): ReadonlyMap<string, RemoteParticipant> {
    return this.#roster.participants;
  }

  /** Those who speak now, loudest first. */
  get activeSpeakers(): readonly RemoteParticipant[] {
    return this.#roster.activeSpeakers;
  }

  /** False while the browser keeps sound from playing until the person clicks somewhere. */
  get audioAllowed(): boolean {
    return this.#output.allowed;
  }

  /**
   * Connects and enters the room; `options` replace those of the constructor. Resolves when we are
   * in; what is on is then being published. Later the meeting reconnects by itself.
   *
   * @throws SluiceError `connection_failed`, `unauthorized`, `room_full`, `server_full`,
   * `unsupported`, `protocol`
   */
  async join(options: MeetingOptions = {}): Promise<void> {
    this.#options = { ...this.#options, ...options };
    this.#joining?.reject(new SluiceError('cancelled', 'Joining began anew.'));
    if (typeof VideoDecoder === 'undefined') {
      throw new SluiceError(
        'unsupported',
        globalThis.isSecureContext
          ? 'This browser cannot decode meeting video (it has no WebCodecs).'
          : 'Browsers decode meeting video only on secure pages: open this one with https://.',
      );
    }
    const parameters = this.#parameters();
    this.#me.name = parameters.name;
    this.#me.identity = parameters.identity;
    const joined = new Promise<void>((resolve, reject) => (this.#joining = { resolve, reject }));
    // Within the click that joined, so that the browser lets sound play.
    void this.#output.ready();
    this.#toWorker({ type: 'join', parameters });
    return joined;
  }

  /**
   * Leaves the room and closes camera, microphone and screen.
   *
   * @param options - `closeDevices: false` leaves them open, for a preview.
   */
  async leave(options: { readonly closeDevices?: boolean } = {}): Promise<void> {
    this.#toWorker({ type: 'leave' });
    if (options.closeDevices ?? true) this.#me.closeDevices();
    this.#close('left');
  }

  /** Lets sound play: call it from a click when {@link audioAllowed} is false. */
  async startAudio(): Promise<void> {
    await this.#output.resume();
  }

  /** Plays all sound through this loudspeaker; '' is the system's default. */
  async setSpeaker(deviceId: string): Promise<void> {
    await this.#output.setSpeaker(deviceId);
  }

  /** The newest figures, at most a second old. */
  stats(): MeetingStats {
    return this.#stats;
  }

  /** Leaves, and gives back worker and sound card: this object cannot be used any more. */
  async dispose(): Promise<void> {
    await this.leave();
    globalThis.removeEventListener('online', this.#retryNow);
    // The worker must still say goodbye; a closed page would end it in the same way.
    setTimeout(() => this.#worker.terminate(), 1000);
    await this.#output.close();
  }

  #parameters(): JoinParameters {
    const { url, room, name, token, identity, lanes } = this.#options;
    if (!room) throw new SluiceError('protocol', 'A meeting needs the name of its room.');
    const page = new URL('/ws', globalThis.location.href);
    page.protocol = page.protocol === 'https:' ? 'wss:' : 'ws:';
    return {
      url: url ?? page.href,
      room,
      name: name ?? '',
      identity: identity ?? this.#me.identity,
      token,
      lanes: lanes ?? false,
    };
  }

  #toWorker(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #onWorker(message: FromWorker): void {
    switch (message.type) {
      case 'state':
        return this.#onState(message);
      case 'control':
        return this.#onControl(message.message);
      case 'published':
        return this.#me.published(message.source, message);
      case 'failure': {
        const { code, message: text } = message.failure;
        return this.emit('error', { error: new SluiceError(code, text) });
      }
      case 'grab':
        return this.#me.grab(message.source);
      case 'picture':
        return this.#roster.draw(message.track, message.frame);
      case 'videoState': {
        const { track, width, height, frozen } = message;
        return this.#roster.videoState(track, { width, height, frozen });
      }
      case 'levels':
        this.#roster.levels(message.local, message.remote, performance.now());
        this.#me.audioLevel = this.#roster.localLevel;
        return;
      case 'stats':
        this.#stats = { state: this.#state, ...message.stats };
        this.#toWorker({ type: 'outputLatency', ms: this.#output.latencyMs });
        this.#roster.judge(this.#stats);
        if (this.#state === 'connected') this.emit('statsUpdated', { stats: this.#stats });
    }
  }

  #onControl(message: ServerMessage): void {
    if (message.type !== 'joined') return this.#roster.handle(message);
    const { participant, permissions } = message;
    this.#me.id = participant.participant;
    this.#me.identity = participant.identity;
    this.#me.name = participant.name;
    this.#me.permit(publishableSources(permissions));
    this.#roster.joined(message.participants);
  }

  #onState({ state, attempt, reason, failure }: StateMessage): void {
    if (state === 'closed') {
      return this.#close(
        reason ?? 'error',
        failure && new SluiceError(failure.code, failure.message),
      );
    }
    if (state !== 'connected') this.#me.disconnected();
    const why = reason === undefined ? {} : { reason };
    this.#setState(state, state === 'reconnecting' ? { attempt, ...why } : {});
    if (state !== 'connected') return;
    this.#joining?.resolve();
    this.#joining = undefined;
  }

  #onWorkerFailed(message: string): void {
    this.#close('error', new SluiceError('unsupported', `The meeting's worker failed (${message}).`));
  }

  #close(reason: CloseReason, error?: SluiceError): void {
    this.#joining?.reject(error ?? new SluiceError('cancelled', 'The meeting was left.'));
    this.#joining = undefined;
    if (this.#state === 'closed' || this.#state === 'idle') return;
    this.#me.id = undefined;
    this.#me.disconnected();
    this.#roster.clear();
    this.#setState('closed', { reason, ...(error ? { error } : {}) });
  }

  #setState(
    state: MeetingState,
    detail: { reason?: CloseReason; error?: SluiceError; attempt?: number },
  ): void {
    const previous = this.#state;
    // Each attempt to reconnect is told; other states only once.
    if (state === previous && detail.attempt === undefined) return;
    this.#state = state;
    this.#stats = { ...this.#stats, state };
    this.emit('stateChanged', { state, previous, ...detail });
  }

  #onOutputChanged(): void {
    if (this.#audioAllowed === this.#output.allowed) return;
    this.#audioAllowed = this.#output.allowed;
    this.emit('audioPlaybackChanged', { allowed: this.#audioAllowed });
  }

  #localTrack(source: 'microphone' | 'camera' | 'screen' | 'screen_audio') {
    return source === 'screen_audio' ? this.#me.screenAudio : this.#me[source];
  }
}

function randomIdentity(): string {
  return `web-${globalThis.crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36)}`;
}

function emptyStats(state: MeetingState): MeetingStats {
  return {
    state,
    session: undefined,
    rttMs: undefined,
    uplinkInFlightBytes: 0,
    uplinkQueueMs: 0,
    sentBytes: 0,
    receivedBytes: 0,
    reconnects: 0,
    laneOpen: false,
    local: [],
    remote: [],
  };
}
