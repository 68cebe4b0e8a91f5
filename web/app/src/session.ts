import {
  Meeting,
  type SluiceError,
  supportProblems,
  watchDevices,
  type CloseReason,
  type MediaDevice,
  type MeetingStats,
  type SupportProblem,
} from '@sluice/sdk';
import {
  loadPreferences,
  savePreferences,
  type KeyValueStore,
  type Preferences,
} from './entry/preferences';
import { kNameBytesMax, cutToBytes } from './entry/room_name';
import { viewMeeting, displayName, type MeetingView } from './meeting/meeting_view';
import type { LayoutMode } from './meeting/stage_choice';
import { addMessage, addPresence, dropExpired, nextExpiry, type Toast } from './meeting/toasts';
import { asSluiceError } from './failure';
import { OwnDevices } from './own_devices';
import { Store } from './store';

/** Where the visitor is on the way through one room. */
export type Phase =
  | { readonly at: 'prejoin' }
  | { readonly at: 'joining' }
  | { readonly at: 'meeting' }
  | {
      readonly at: 'left';
      readonly reason: CloseReason;
      /** What went wrong, when something did. */
      readonly failure: SluiceError | undefined;
      readonly joining: boolean;
    };

/** Everything the room's pages show. */
export interface SessionState {
  readonly phase: Phase;
  readonly view: MeetingView;
  readonly stats: MeetingStats | undefined;
  /** Which attempt to reconnect this is, from 1; 0 while connected. */
  readonly attempt: number;
  /** What cut us off, while reconnecting. */
  readonly cutOffBy: CloseReason | undefined;
  readonly preferences: Preferences;
  readonly devices: readonly MediaDevice[];
  readonly support: readonly SupportProblem[];
  /** Why the last attempt to join failed. */
  readonly joinFailure: SluiceError | undefined;
  readonly cameraFailure: SluiceError | undefined;
  readonly microphoneFailure: SluiceError | undefined;
  /** Devices that are being opened or closed right now. */
  readonly cameraBusy: boolean;
  readonly microphoneBusy: boolean;
  readonly toasts: readonly Toast[];
  readonly mode: LayoutMode;
  readonly pinned: string | undefined;
  /** When each participant was last heard, in ms of `performance.now()`. */
  readonly lastSpokeAt: ReadonlyMap<string, number>;
}

/**
 * One visitor's way through one room: devices, joining, the meeting, leaving. The only place that
 * talks to the SDK's `Meeting`, with {@link OwnDevices}; pages read `store` and call the methods.
 */
export class Session {
  readonly meeting: Meeting;
  readonly store: Store<SessionState>;
  readonly devices: OwnDevices;
  readonly room: string;
  readonly #token: string | undefined;
  readonly #storage: KeyValueStore | undefined;
  #selfSpeaking = false;
  #refreshPending = false;
  #screenBusy = false;
  #toastTimer: number | undefined;

  constructor(
    room: string,
    token: string | undefined,
    lanes: boolean,
    storage: KeyValueStore | undefined,
  ) {
    this.room = room;
    this.#token = token;
    this.#storage = storage;
    this.meeting = new Meeting({ room, lanes });
    this.store = new Store<SessionState>({
      phase: { at: 'prejoin' },
      view: viewMeeting(this.meeting, false),
      stats: undefined,
      attempt: 0,
      cutOffBy: undefined,
      preferences: loadPreferences(storage),
      devices: [],
      support: [],
      joinFailure: undefined,
      cameraFailure: undefined,
      microphoneFailure: undefined,
      cameraBusy: false,
      microphoneBusy: false,
      toasts: [],
      mode: 'auto',
      pinned: undefined,
      lastSpokeAt: new Map(),
    });
    this.devices = new OwnDevices({
      meeting: this.meeting,
      store: this.store,
      prefer: (change) => this.#prefer(change),
      changed: (failure) => {
        // Before the meeting the page has a panel for it.
        if (failure && this.store.value.phase.at === 'meeting')
          this.#tell(failure.message, 'problem');
        this.#refresh();
      },
    });
    this.#listen();
    watchDevices(() => void this.devices.refreshList());
    // A closed tab should leave the room at once, not after the server's timeout.
    window.addEventListener('pagehide', (event) => {
      if (!event.persisted && this.store.value.phase.at === 'meeting') void this.meeting.leave();
    });
  }

  /** Looks at the browser, then opens the devices that were on last time. */
  async prepare(): Promise<void> {
    this.store.set({ support: await supportProblems() });
    if (this.store.value.support.some((problem) => problem.severity !== 'limited')) return;
    await this.devices.openWanted();
  }

  async toggleScreen(): Promise<void> {
    if (this.#screenBusy || !this.store.value.view.mayShareScreen) return;
    this.#screenBusy = true;
    try {
      if (this.meeting.local.screen) await this.meeting.local.stopScreenShare();
      else await this.meeting.local.startScreenShare({ audio: true });
    } catch (error) {
      const failure = asSluiceError(error);
      if (failure.code !== 'cancelled') this.#tell(failure.message, 'problem');
    } finally {
      this.#screenBusy = false;
      this.#refresh();
    }
  }

  /** The address had a token in it. */
  get invited(): boolean {
    return this.#token !== undefined;
  }

  /** Enters the room. On failure the pre-join page shows why. */
  async join(name: string): Promise<void> {
    const trimmed = cutToBytes(name.trim(), kNameBytesMax);
    this.#prefer({ name: trimmed });
    this.store.set({ phase: { at: 'joining' }, joinFailure: undefined });
    await this.#enter();
  }

  /** Enters again after having left, with the same name and devices. */
  async rejoin(): Promise<void> {
    const { phase } = this.store.value;
    if (phase.at !== 'left' || phase.joining) return;
    this.store.set({ phase: { ...phase, joining: true }, joinFailure: undefined });
    await this.devices.openWanted();
    await this.#enter();
  }

  async leave(): Promise<void> {
    await this.meeting.leave();
    this.#showLeft('left');
  }

  async startAudio(): Promise<void> {
    await this.meeting.startAudio();
    this.#refresh();
  }

  setMode(mode: LayoutMode): void {
    this.store.set({ mode, pinned: undefined });
  }

  /** Gives a tile the stage; the same tile again, or undefined, takes it back. */
  pin(key: string | undefined): void {
    this.store.set({ pinned: key === this.store.value.pinned ? undefined : key });
  }

  /** Shows a short message. */
  say(text: string): void {
    this.#tell(text, 'plain');
  }

  async #enter(): Promise<void> {
    // The others should read something better than a random identity.
    const name = this.store.value.preferences.name || 'Guest';
    try {
      await this.meeting.join({
        room: this.room,
        name,
        ...(this.#token === undefined ? {} : { token: this.#token }),
      });
      this.store.set({ phase: { at: 'meeting' }, attempt: 0 });
      this.#refresh();
      this.#tellWhatIsNotAllowed();
      await this.devices.useSpeaker();
    } catch (error) {
      this.store.set({ phase: { at: 'prejoin' }, joinFailure: asSluiceError(error) });
      this.#refresh();
    }
  }

  /** Devices that were on before the meeting are off now, and cannot be turned on. */
  #tellWhatIsNotAllowed(): void {
    const { local } = this.meeting;
    const camera = local.mayPublish('camera');
    const microphone = local.mayPublish('microphone');
    if (camera && microphone) return;
    const what = camera ? 'microphone' : microphone ? 'camera' : 'camera or microphone';
    this.#tell(`You are in. Your invitation does not allow a ${what}.`, 'plain');
  }

  #listen(): void {
    const { meeting, store } = this;
    const refresh = (): void => this.#refresh();
    meeting.on('stateChanged', ({ state, reason, error, attempt }) => {
      const away = state === 'reconnecting';
      store.set({ attempt: away ? (attempt ?? 1) : 0, cutOffBy: away ? reason : undefined });
      if (state === 'closed' && store.value.phase.at === 'meeting')
        this.#showLeft(reason ?? 'error', error);
      this.#refresh();
    });
    meeting.on('participantJoined', ({ participant }) => {
      this.#tellPresence('joined', displayName(participant.name, participant.identity));
    });
    meeting.on('participantLeft', ({ participant }) => {
      this.#tellPresence('left', displayName(participant.name, participant.identity));
    });
    meeting.on('trackPublished', refresh);
    meeting.on('trackUnpublished', refresh);
    meeting.on('trackMuted', refresh);
    meeting.on('trackState', refresh);
    meeting.on('audioPlaybackChanged', refresh);
    meeting.on('localTrackChanged', ({ source, track, endedBy }) => {
      if (!track && endedBy === 'system' && source !== 'screen' && source !== 'screen_audio') {
        this.#tell(`Your ${source} was disconnected.`, 'problem');
      }
      this.#refresh();
    });
    meeting.on('activeSpeakers', ({ speakers, local }) => {
      this.#selfSpeaking = local;
      const now = performance.now();
      const lastSpokeAt = new Map(store.value.lastSpokeAt);
      for (const speaker of speakers) lastSpokeAt.set(speaker.id, now);
      for (const key of lastSpokeAt.keys())
        if (!meeting.participants.has(key)) lastSpokeAt.delete(key);
      store.set({ lastSpokeAt });
      this.#refresh();
    });
    meeting.on('error', ({ error }) => this.#tell(error.message, 'problem'));
    meeting.on('statsUpdated', ({ stats }) => {
      store.set({ stats });
      this.#refresh();
    });
  }

  #showLeft(reason: CloseReason, failure?: SluiceError): void {
    this.store.set({
      phase: { at: 'left', reason, failure, joining: false },
      toasts: [],
      pinned: undefined,
    });
    this.#refresh();
  }

  /** One joiner causes several events in a row: they become one redraw. */
  #refresh(): void {
    if (this.#refreshPending) return;
    this.#refreshPending = true;
    queueMicrotask(() => {
      this.#refreshPending = false;
      this.store.set({ view: viewMeeting(this.meeting, this.#selfSpeaking) });
    });
  }

  #prefer(change: Partial<Preferences>): void {
    const preferences = { ...this.store.value.preferences, ...change };
    this.store.set({ preferences });
    savePreferences(this.#storage, preferences);
  }

  #tellPresence(what: 'joined' | 'left', name: string): void {
    this.#refresh();
    // Those who were there before us, or come back with the connection, did not just arrive.
    if (this.store.value.phase.at !== 'meeting' || this.meeting.state !== 'connected') return;
    this.#setToasts(addPresence(this.store.value.toasts, what, name, performance.now()));
  }

  #tell(text: string, tone: Toast['tone']): void {
    this.#setToasts(addMessage(this.store.value.toasts, text, tone, performance.now()));
  }

  #setToasts(toasts: readonly Toast[]): void {
    this.store.set({ toasts });
    window.clearTimeout(this.#toastTimer);
    const next = nextExpiry(toasts);
    if (next === undefined) return;
    this.#toastTimer = window.setTimeout(
      () => {
        this.#setToasts(dropExpired(this.store.value.toasts, performance.now()));
      },
      Math.max(0, next - performance.now()) + 1,
    );
  }
}
